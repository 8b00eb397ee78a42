"""What others may ask of cases; the questions live in files by subject and are gathered here."""

from app.domains.cases.queries.ahead import Ahead, Extension, Ticking, ahead_of
from app.domains.cases.queries.cases import (
    PAGE,
    Brief,
    Happening,
    Said,
    Seen,
    Sitter,
    area_cases,
    case_of,
    may_see_file,
    my_cases,
    my_queue,
    same_perhaps,
)
from app.domains.cases.queries.due import next_due
from app.domains.cases.queries.openings import first_words
from app.domains.cases.queries.vacancies import Vacancy, vacancies

__all__ = [
    "PAGE",
    "Ahead",
    "Brief",
    "Extension",
    "Happening",
    "Said",
    "Seen",
    "Sitter",
    "Ticking",
    "Vacancy",
    "ahead_of",
    "area_cases",
    "case_of",
    "first_words",
    "may_see_file",
    "my_cases",
    "my_queue",
    "next_due",
    "same_perhaps",
    "vacancies",
]
