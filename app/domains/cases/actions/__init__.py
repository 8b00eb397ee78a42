"""What is done about cases; the deeds live in files by subject and are gathered here."""

from app.domains.cases.actions.beating import beat_case, give_up_for_now
from app.domains.cases.actions.extending import extend_case
from app.domains.cases.actions.moving import Moved, Step, move_case
from app.domains.cases.actions.opening import Opened, Opening, Preview, open_case, preview_case
from app.domains.cases.actions.urging import urge_case

__all__ = [
    "Moved",
    "Opened",
    "Opening",
    "Preview",
    "Step",
    "beat_case",
    "extend_case",
    "give_up_for_now",
    "move_case",
    "open_case",
    "preview_case",
    "urge_case",
]
