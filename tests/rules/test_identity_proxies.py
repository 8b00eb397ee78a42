"""Who may let whom act for whom, in which way, and until when; what somebody may then do and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.domains.identity.preset import load_all
from app.domains.identity.rules import ProxyWay, is_proxy_period, proxy_way

ELDER, SON, DAUGHTER, CADRE, WITNESS = (UUID(int=n) for n in range(1, 6))
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("giver", "holder", "is_housemate", "witness", "way"),
    [
        (ELDER, DAUGHTER, True, None, ProxyWay.own),
        (SON, DAUGHTER, True, None, ProxyWay.household),
        (CADRE, DAUGHTER, False, WITNESS, ProxyWay.paper),
        (SON, SON, True, None, None),  # nobody makes himself somebody's proxy
        (ELDER, ELDER, True, None, None),
        (CADRE, DAUGHTER, False, None, None),  # without a witness it is no paper
        (CADRE, DAUGHTER, False, CADRE, None),  # and a witness is a third person
        (CADRE, DAUGHTER, False, DAUGHTER, None),
        (CADRE, DAUGHTER, False, ELDER, None),
        (CADRE, CADRE, False, WITNESS, None),
        (None, DAUGHTER, True, None, None),
    ],
)
def test_who_may_let_whom_act_for_an_elder(
    giver: UUID | None, holder: UUID, is_housemate: bool, witness: UUID | None, way: ProxyWay | None
) -> None:
    found = proxy_way(giver_id=giver, for_id=ELDER, holder_id=holder, is_housemate=is_housemate, witness_id=witness)
    assert found == way


@pytest.mark.parametrize(("days", "fits"), [(-1, False), (0, False), (1, True), (30, True), (31, False)])
def test_nothing_is_left_to_somebody_for_ever_or_for_yesterday(days: int, fits: bool) -> None:
    assert is_proxy_period(NOW + timedelta(days=days), NOW, most_days=30) is fits


def test_powers_reach_one_household_and_never_say_that_something_is_solved_or_speak_in_the_elders_name() -> None:
    limits = load_all()["proxies"]
    every = limits.permissions(limits.powers)
    assert all(permission.endswith("@own") for permission in every)
    never = {
        "cases.move",
        "me.read",
        "me.write",
        "proxies.give",
        "appraisals.decline",
        "visits.confirm",
        "links.confirm",
    }
    assert {permission.partition("@")[0] for permission in every} & never == set()
    assert limits.permissions(["nonsense"]) == frozenset()
