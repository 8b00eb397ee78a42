"""Which channel a message takes, and when it waits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from app.domains.notices import preset, rules
from app.domains.notices.rules import OFFICIAL, ONLY_INBOX, SMS, SUBSCRIBE, MessageState, Route, Urgency
from app.kernel.values import SHANGHAI

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=SHANGHAI)
ORDER = [SUBSCRIBE, OFFICIAL, SMS]
PATIENCE = timedelta(minutes=30)
POLICY = preset.load_all()["notices"]


def _route(left: list[str], resting: dict[str, datetime], urgency: Urgency = Urgency.normal) -> Route:
    return rules.route(left, resting=resting, urgency=urgency, now=NOON, patience=PATIENCE)


@pytest.mark.parametrize(
    ("reachable", "tried", "left"),
    [
        ({SUBSCRIBE, OFFICIAL, SMS}, [], ORDER),
        ({SMS, OFFICIAL}, [], [OFFICIAL, SMS]),
        ({SUBSCRIBE, SMS}, [SUBSCRIBE], [SMS]),
        ({SUBSCRIBE}, [SUBSCRIBE], []),
        (set(), [], []),
    ],
)
def test_channels_come_in_their_order_without_those_given_up(
    reachable: set[str], tried: list[str], left: list[str]
) -> None:
    assert rules.candidates(ORDER, reachable=reachable, tried=tried) == left


def test_the_first_open_channel_is_taken() -> None:
    assert _route(ORDER, {}) == Route(SUBSCRIBE)


def test_a_normal_message_waits_for_a_short_rest() -> None:
    soon = NOON + timedelta(seconds=10)
    assert _route(ORDER, {SUBSCRIBE: soon}) == Route(wait_until=soon)


def test_a_normal_message_passes_over_a_lane_that_rests_until_midnight() -> None:
    assert _route(ORDER, {SUBSCRIBE: NOON + timedelta(hours=12)}) == Route(OFFICIAL)


def test_an_alarm_never_waits_while_another_channel_is_open() -> None:
    assert _route(ORDER, {SUBSCRIBE: NOON + timedelta(seconds=1)}, Urgency.alarm) == Route(OFFICIAL)


def test_when_every_lane_rests_the_message_waits_for_the_first_to_wake() -> None:
    resting = {SUBSCRIBE: NOON + timedelta(hours=12), SMS: NOON + timedelta(hours=2)}
    assert _route([SUBSCRIBE, SMS], resting, Urgency.alarm) == Route(wait_until=resting[SMS])


def test_without_any_channel_only_the_inbox_is_left() -> None:
    assert _route([], {}) == ONLY_INBOX
    assert rules.unreached(Urgency.normal) is MessageState.sent
    assert rules.unreached(Urgency.alarm) is MessageState.failed


@pytest.mark.parametrize(
    ("hour", "rings"), [(6, False), (7, True), (12, True), (20, True), (21, False), (23, False), (0, False)]
)
def test_normal_messages_keep_the_night(hour: int, *, rings: bool) -> None:
    moment = NOON.replace(hour=hour)
    until = rules.quiet_until(moment, Urgency.normal, (21, 7))
    assert (until is None) == rings
    if until:
        assert until.astimezone(SHANGHAI).hour == 7
        assert until > moment


def test_alarms_ring_at_any_hour() -> None:
    assert rules.quiet_until(NOON.replace(hour=3), Urgency.alarm, (21, 7)) is None


def test_equal_hours_mean_no_quiet_at_all() -> None:
    assert rules.quiet_until(NOON.replace(hour=3), Urgency.normal, (0, 0)) is None


def test_the_mornings_messages_are_spread() -> None:
    spread = timedelta(minutes=10)
    night = NOON.replace(hour=3)
    moments = {rules.quiet_until(night, Urgency.normal, (21, 7), spread=spread, seed=seed) for seed in range(100)}
    assert len(moments) == 100
    seven = NOON.replace(hour=7)
    assert all(moment and seven <= moment < seven + spread for moment in moments)


def test_noise_is_capped_with_room_for_alarms_and_alarms_always_leave() -> None:
    noise = POLICY.noise
    heard = noise.most - noise.kept_for_alarms
    assert not rules.is_too_noisy(heard - 1, Urgency.normal, noise)
    assert rules.is_too_noisy(heard, Urgency.normal, noise)
    assert not rules.is_too_noisy(500, Urgency.alarm, noise)


def test_a_reminder_of_the_day_before_yesterday_is_not_rung_for_but_an_alarm_is() -> None:
    old = NOON - timedelta(hours=49)
    assert rules.is_stale(old, Urgency.normal, NOON, policy=POLICY)
    assert not rules.is_stale(old, Urgency.alarm, NOON, policy=POLICY)


def test_values_stand_in_the_text_and_braces_in_a_value_stay_braces() -> None:
    assert rules.filled("还有 {left} 户", {"left": "{x}"}) == "还有 {x} 户"
    assert rules.filled("还有 {left} 户", {}) == "还有 … 户"
