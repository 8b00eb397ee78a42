"""What others may ask of appraisals; the questions live in files by subject and are gathered here."""

from app.domains.appraisals.queries.boards import Far, Shown, Waiting, check_queue, published
from app.domains.appraisals.queries.due import due_ids
from app.domains.appraisals.queries.files import may_see_file
from app.domains.appraisals.queries.neighbours import Neighbour, neighbours_named
from app.domains.appraisals.queries.offices import Contested, Trying, contested_in, tried_in
from app.domains.appraisals.queries.one import Followed, Line, followed, stage_of
from app.domains.appraisals.queries.own import Mine, mine, titles_of
from app.domains.appraisals.queries.panels import Asked, Judged, asked_of, judged_by
from app.domains.appraisals.queries.parts import item_under

__all__ = [
    "Asked",
    "Contested",
    "Far",
    "Followed",
    "Judged",
    "Line",
    "Mine",
    "Neighbour",
    "Shown",
    "Trying",
    "Waiting",
    "asked_of",
    "check_queue",
    "contested_in",
    "due_ids",
    "followed",
    "item_under",
    "judged_by",
    "may_see_file",
    "mine",
    "neighbours_named",
    "published",
    "stage_of",
    "titles_of",
    "tried_in",
]
