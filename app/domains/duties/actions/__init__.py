"""What is done about duties; the deeds live in files by subject and are gathered here."""

from app.domains.duties.actions.excusing import excuse, lift_excuse
from app.domains.duties.actions.fulfilling import drop_duties, fulfil, hand_over, unfulfil
from app.domains.duties.actions.opening import add_missing, open_period
from app.domains.duties.actions.reminding import remind

__all__ = [
    "add_missing",
    "drop_duties",
    "excuse",
    "fulfil",
    "hand_over",
    "lift_excuse",
    "open_period",
    "remind",
    "unfulfil",
]
