"""How often somebody may tell everybody, whom a message of a broadcast belongs to, and when one may remind."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest

from app.domains.notices import rules
from app.domains.notices.preset import load_all
from app.domains.notices.rules import Audience

ONE = UUID("019ab000-0000-7000-8000-000000000001")
TODAY = date(2026, 11, 2)


@pytest.mark.parametrize("key", [rules.broadcast_key(ONE), rules.broadcast_key(ONE, TODAY)])
def test_a_message_of_a_broadcast_is_known_by_its_key(key: str) -> None:
    assert rules.broadcast_of(key) == ONE


def test_other_messages_belong_to_no_broadcast() -> None:
    assert rules.broadcast_of("case:7:rung0") is None


def test_each_day_has_a_reminder_of_its_own() -> None:
    keys = {rules.broadcast_key(ONE), rules.broadcast_key(ONE, TODAY), rules.broadcast_key(ONE, TODAY.replace(day=3))}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("reminded_on", "may"), [(None, True), (TODAY, False), (TODAY.replace(day=1), True), (TODAY.replace(day=3), False)]
)
def test_one_may_remind_once_a_day(reminded_on: date | None, may: bool) -> None:
    assert rules.may_remind(reminded_on, TODAY) is may


@pytest.mark.parametrize(
    ("written", "is_urgent", "too_many"),
    [
        ([], True, False),
        ([False] * 2, False, False),
        ([False] * 3, False, True),
        ([True], True, True),
        ([True], False, False),
        ([False] * 3, True, True),
    ],
)
def test_a_day_has_room_for_so_many(written: list[bool], is_urgent: bool, too_many: bool) -> None:
    assert rules.is_too_many(written, is_urgent=is_urgent, most=3, most_urgent=1) is too_many


def test_every_audience_has_a_name_in_the_shipped_file() -> None:
    assert set(load_all()["broadcast"].audiences) == set(Audience)
