"""What people do in areas; the deeds live in files by subject and are gathered here."""

from app.domains.areas.actions.codes import issue_code, issue_missing, revoke_code
from app.domains.areas.actions.departures import (
    forget_decided_duplicates,
    forget_empty_households,
    forget_person,
    let_person_leave,
)
from app.domains.areas.actions.deputies import end_deputies_of, end_deputy, name_deputy
from app.domains.areas.actions.divisions import DivisionChanges, import_divisions, open_grid, shipped_divisions
from app.domains.areas.actions.duplicates import drop_duplicates, take_duplicates
from app.domains.areas.actions.links import confirm_link
from app.domains.areas.actions.looks import note_look
from app.domains.areas.actions.rolls import ONE_IMPORT_AT_A_TIME, Imported, import_roll
from app.domains.areas.actions.undo import Undone, undo_batch
from app.domains.areas.actions.visited import take_back_visit, touch_household
from app.domains.areas.actions.zones import assign, assign_many, hand_over, release_zone

__all__ = [
    "ONE_IMPORT_AT_A_TIME",
    "DivisionChanges",
    "Imported",
    "Undone",
    "assign",
    "assign_many",
    "confirm_link",
    "drop_duplicates",
    "end_deputies_of",
    "end_deputy",
    "forget_decided_duplicates",
    "forget_empty_households",
    "forget_person",
    "hand_over",
    "import_divisions",
    "import_roll",
    "issue_code",
    "issue_missing",
    "let_person_leave",
    "name_deputy",
    "note_look",
    "open_grid",
    "release_zone",
    "revoke_code",
    "shipped_divisions",
    "take_back_visit",
    "take_duplicates",
    "touch_household",
    "undo_batch",
]
