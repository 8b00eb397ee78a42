"""What others may ask of cases; the questions live in files by subject and are gathered here."""

from app.domains.cases.queries.ahead import Ahead, Extension, Ticking, ahead_of
from app.domains.cases.queries.carried import Carried, Standing, carried_by
from app.domains.cases.queries.cases import Happening, Said, Seen, Sitter, case_of, may_see_file, same_perhaps
from app.domains.cases.queries.due import next_due
from app.domains.cases.queries.lists import PAGE, Brief, area_cases, my_cases, my_queue
from app.domains.cases.queries.openings import first_words
from app.domains.cases.queries.vacancies import Vacancy, vacancies

__all__ = [
    "PAGE",
    "Ahead",
    "Brief",
    "Carried",
    "Extension",
    "Happening",
    "Said",
    "Seen",
    "Sitter",
    "Standing",
    "Ticking",
    "Vacancy",
    "ahead_of",
    "area_cases",
    "carried_by",
    "case_of",
    "first_words",
    "may_see_file",
    "my_cases",
    "my_queue",
    "next_due",
    "same_perhaps",
    "vacancies",
]
