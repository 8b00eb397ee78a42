"""What people and the clock do about appraisals; the deeds live in files by subject and are gathered here."""

from app.domains.appraisals.actions.checking import check, look_in
from app.domains.appraisals.actions.clockwork import move_on
from app.domains.appraisals.actions.declaring import Declaration, declare
from app.domains.appraisals.actions.ending import decline, withdraw
from app.domains.appraisals.actions.objecting import Said, answer, object_to
from app.domains.appraisals.actions.panels import stand_aside, vote
from app.domains.appraisals.actions.pictures import settle_content

__all__ = [
    "Declaration",
    "Said",
    "answer",
    "check",
    "declare",
    "decline",
    "look_in",
    "move_on",
    "object_to",
    "settle_content",
    "stand_aside",
    "vote",
    "withdraw",
]
