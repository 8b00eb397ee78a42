"""What a provider's answer means for a message, for every answer there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domains.notices import preset, rules
from app.domains.notices.ports import Outcome, SendResult, Why
from app.domains.notices.rules import Attempted, CreditMove, MessageState, Urgency

NOW = datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
POLICY = preset.load_all()["notices"]
NORMAL = Attempted(Urgency.normal, rules.SUBSCRIBE, "visit_reminder")
ALARM = replace(NORMAL, urgency=Urgency.alarm)

results = st.builds(
    SendResult,
    st.sampled_from(Outcome),
    code=st.sampled_from(["", "-1", "43101", "held_back", "timeout"]),
    until=st.none() | st.integers(1, 200_000).map(lambda seconds: NOW + timedelta(seconds=seconds)),
    why=st.none() | st.sampled_from(Why),
)
attempts = st.builds(
    Attempted,
    st.sampled_from(Urgency),
    st.sampled_from([rules.SUBSCRIBE, rules.OFFICIAL, rules.SMS]),
    st.just("visit_reminder"),
    tries=st.integers(0, 9),
    doubts=st.integers(0, 3),
)


def test_an_accepted_message_is_sent_and_its_credit_spent() -> None:
    decision = rules.after(SendResult(Outcome.SENT), NORMAL, NOW, policy=POLICY)
    assert (decision.state, decision.credit) == (MessageState.sent, CreditMove.spent)


def test_without_consent_the_credits_are_gone_and_the_next_channel_comes_at_once() -> None:
    decision = rules.after(
        SendResult(Outcome.UNREACHABLE, code="43101", why=Why.NO_CONSENT), NORMAL, NOW, policy=POLICY
    )
    assert decision.gives_up_channel
    assert decision.credit is CreditMove.emptied
    assert (decision.state, decision.at) == (MessageState.waiting, NOW)


@pytest.mark.parametrize(
    ("why", "credit"), [(Why.ADDRESS_UNKNOWN, CreditMove.emptied), (Why.NOT_FOLLOWING, CreditMove.returned)]
)
def test_an_address_that_is_not_there_is_told_to_whoever_keeps_it(why: Why, credit: CreditMove) -> None:
    decision = rules.after(SendResult(Outcome.UNREACHABLE, why=why), NORMAL, NOW, policy=POLICY)
    assert (decision.void, decision.credit) == (why, credit)
    assert decision.gives_up_channel


def test_a_busy_provider_is_tried_five_times_ever_later_and_then_left() -> None:
    tried, waits = NORMAL, []
    while True:
        decision = rules.after(SendResult(Outcome.RETRY, code="-1"), tried, NOW, policy=POLICY)
        if decision.gives_up_channel:
            break
        waits.append((decision.at - NOW).total_seconds())
        tried = replace(tried, tries=decision.tries)
    assert waits == [1, 2, 4, 8, 16]
    assert decision.tries == 0


@pytest.mark.parametrize("outcome", [Outcome.UNREACHABLE, Outcome.REFUSED_MESSAGE])
def test_the_next_channel_is_tried_as_often_as_the_first_was(outcome: Outcome) -> None:
    decision = rules.after(SendResult(outcome), replace(NORMAL, tries=3), NOW, policy=POLICY)
    assert (decision.gives_up_channel, decision.tries) == (True, 0)


def test_a_breaker_that_holds_back_costs_no_try_and_rests_the_lane_for_everybody() -> None:
    until = NOW + timedelta(seconds=10)
    decision = rules.after(SendResult(Outcome.RETRY, code="held_back", until=until), NORMAL, NOW, policy=POLICY)
    assert (decision.tries, decision.at) == (0, until)
    assert decision.rest == rules.Rest(rules.SUBSCRIBE, until, "held_back")


def test_a_used_up_quota_rests_the_lane_until_it_ends() -> None:
    midnight = NOW + timedelta(hours=15)
    decision = rules.after(SendResult(Outcome.LIMITED, code="45009", until=midnight), NORMAL, NOW, policy=POLICY)
    assert decision.rest == rules.Rest(rules.SUBSCRIBE, midnight, "45009")
    assert not decision.gives_up_channel


def test_a_refused_template_rests_only_that_template() -> None:
    decision = rules.after(SendResult(Outcome.REFUSED_TEMPLATE, code="40037"), NORMAL, NOW, policy=POLICY)
    assert decision.rest
    assert decision.rest.lane == "wechat_subscribe:visit_reminder"
    assert decision.rest.needs_operator


def test_a_wrong_key_rests_the_channel_and_asks_for_the_operator() -> None:
    decision = rules.after(SendResult(Outcome.MISCONFIGURED, code="40164"), NORMAL, NOW, policy=POLICY)
    assert decision.rest
    assert (decision.rest.lane, decision.rest.needs_operator) == (rules.SUBSCRIBE, True)


def test_a_message_refused_here_is_said_on_the_next_channel() -> None:
    decision = rules.after(
        SendResult(Outcome.REFUSED_MESSAGE, code="47003", field="thing1"), NORMAL, NOW, policy=POLICY
    )
    assert decision.gives_up_channel
    assert decision.credit is CreditMove.returned


def test_a_normal_message_that_may_have_arrived_is_not_sent_again() -> None:
    decision = rules.after(SendResult(Outcome.UNKNOWN, code="timeout"), NORMAL, NOW, policy=POLICY)
    assert decision.state is MessageState.unknown
    assert decision.credit is CreditMove.spent


def test_an_alarm_that_may_have_arrived_is_sent_again_once() -> None:
    first = rules.after(SendResult(Outcome.UNKNOWN), ALARM, NOW, policy=POLICY)
    assert first.state is MessageState.waiting
    second = rules.after(
        SendResult(Outcome.UNKNOWN), replace(ALARM, tries=first.tries, doubts=first.doubts), NOW, policy=POLICY
    )
    assert second.state is MessageState.unknown


def test_where_a_copy_shows_once_it_is_simply_sent_again_but_not_for_ever() -> None:
    tried, sends = replace(NORMAL, channel=rules.SMS), 0
    while (
        decision := rules.after(SendResult(Outcome.UNKNOWN), tried, NOW, policy=POLICY)
    ).state is MessageState.waiting:
        tried, sends = replace(tried, tries=decision.tries, doubts=decision.doubts), sends + 1
    assert sends == len(POLICY.retry_seconds)


@given(results, attempts)
def test_every_result_leads_to_one_clear_decision(result: SendResult, tried: Attempted) -> None:
    decision = rules.after(result, tried, NOW, policy=POLICY)
    assert decision.state in {MessageState.waiting, MessageState.sent, MessageState.unknown}
    assert (decision.state is MessageState.sent) == (result.outcome is Outcome.SENT)
    assert decision.at >= NOW
    assert decision.tries <= max(len(POLICY.retry_seconds), tried.tries + 1)
    if decision.rest:
        assert decision.rest.until > NOW
    maybe_accepted = result.outcome in {Outcome.SENT, Outcome.UNKNOWN}
    assert (decision.credit is CreditMove.spent) == maybe_accepted


@settings(max_examples=30)
@given(st.lists(results, min_size=20, max_size=30), st.sampled_from(Urgency))
def test_a_message_ends_or_changes_its_channel_or_waits_for_a_lane_within_a_bounded_number_of_tries(
    answers: list[SendResult], urgency: Urgency
) -> None:
    tried, sends = Attempted(urgency, rules.SUBSCRIBE, "visit_reminder"), 0
    for result in answers:
        decision = rules.after(result, tried, NOW, policy=POLICY)
        if decision.rest:
            continue
        sends += 1
        if decision.state is not MessageState.waiting or decision.gives_up_channel:
            break
        tried = replace(tried, tries=decision.tries, doubts=decision.doubts)
    assert sends <= len(POLICY.retry_seconds) + 2


def test_a_probe_that_found_nobody_uses_up_none_of_the_messages_tries() -> None:
    tried = replace(NORMAL, tries=len(POLICY.retry_seconds))
    nobody = rules.after(SendResult(Outcome.RETRY, code="http_502"), tried, NOW, policy=POLICY, is_probe=True)
    assert (nobody.state, nobody.tries, nobody.gives_up_channel) == (MessageState.waiting, tried.tries, False)
    assert nobody.at == NOW + timedelta(seconds=POLICY.probe_seconds)
    busy = rules.after(SendResult(Outcome.RETRY, code="-1"), tried, NOW, policy=POLICY, is_probe=True)
    assert busy.gives_up_channel, "what WeChat itself says of a message counts"
