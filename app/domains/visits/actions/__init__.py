"""What people do about visits; the deeds live in files by subject and are gathered here."""

from app.domains.visits.actions.closing import forget_person
from app.domains.visits.actions.comments import (
    Said,
    comment_on,
    hide_comment,
    release_comment,
    settle_comment,
    take_back_comment,
)
from app.domains.visits.actions.corrections import add_note, correct_visit, void_visit
from app.domains.visits.actions.digests import tell_authors
from app.domains.visits.actions.entries import LoggedVisit, log_visit
from app.domains.visits.actions.eyes import ask_for_eyes
from app.domains.visits.actions.likes import Liked, like_post, mute_post, unmute_post
from app.domains.visits.actions.posts import hide_post, release_post, settle_post, withdraw_pictures
from app.domains.visits.actions.reporting import report_comment, report_post
from app.domains.visits.actions.reports import check_reason
from app.domains.visits.actions.taps import tap_visit

__all__ = [
    "Liked",
    "LoggedVisit",
    "Said",
    "add_note",
    "ask_for_eyes",
    "check_reason",
    "comment_on",
    "correct_visit",
    "forget_person",
    "hide_comment",
    "hide_post",
    "like_post",
    "log_visit",
    "mute_post",
    "release_comment",
    "release_post",
    "report_comment",
    "report_post",
    "settle_comment",
    "settle_post",
    "take_back_comment",
    "tap_visit",
    "tell_authors",
    "unmute_post",
    "void_visit",
    "withdraw_pictures",
]
