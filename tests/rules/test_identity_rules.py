"""What identity decides without a database: windows of counters, second factors, passwords, slips, appointments, presets."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.identity import preset, rules
from app.kernel.access import Actor, Grant
from app.kernel.presets import BadPreset, load

NOW = datetime(2026, 11, 2, 1, 0, 10, tzinfo=UTC)


def test_a_window_starts_at_a_multiple_of_its_length_and_says_how_long_to_wait() -> None:
    limit = rules.Limit("x", 5, 900)
    assert limit.window(NOW) == datetime(2026, 11, 2, 1, 0, tzinfo=UTC)
    assert limit.wait(NOW) == 890


@given(st.integers(0, 10**6))
def test_a_moment_lies_in_its_own_window(seconds: int) -> None:
    limit, moment = rules.Limit("x", 5, 900), NOW + timedelta(seconds=seconds)
    assert limit.window(moment) <= moment < limit.window(moment) + timedelta(seconds=900)
    assert moment + timedelta(seconds=limit.wait(moment)) >= limit.window(moment) + timedelta(seconds=900)


@pytest.mark.parametrize("limit", [rules.STAFF_PASSWORD, rules.STAFF_PAIR])
def test_no_fifteen_minutes_hold_more_than_ten_looks_at_a_password(limit: rules.Limit) -> None:
    touched = -(-900 // limit.seconds) + 1
    assert touched * limit.most <= 10


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("nonsense", "-"),
    ],
)
def test_one_customer_is_one_address(address: str, network: str) -> None:
    assert rules.network_of(address) == network


@pytest.mark.parametrize(("seconds_off", "fits"), [(-61, False), (-30, True), (0, True), (29, True), (61, False)])
def test_a_code_of_the_last_the_present_or_the_next_half_minute_fits(seconds_off: int, fits: bool) -> None:
    totp = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    code = totp.generate_otp(rules.totp_step(NOW + timedelta(seconds=seconds_off)))
    assert (rules.matching_step(code, NOW, totp.generate_otp) is not None) is fits


def test_a_code_that_is_no_ascii_number_does_not_fit() -> None:
    assert rules.matching_step("１２３４５６", NOW, pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").generate_otp) is None


@pytest.mark.parametrize(
    ("password", "will_do"),
    [
        ("Short-1a", False),
        ("alllowercase12", False),
        ("Lower-Upper-1", True),
        ("lower-with-1-sign", True),
        ("Wang-Fang-2026", False),
        ("五龙口Abcdefg1", True),
    ],
)
def test_a_password_is_long_mixed_and_without_the_user_name(password: str, will_do: bool) -> None:
    assert rules.is_strong(password, username="wang-fang") is will_do


@given(st.text(alphabet=rules.SLIP_LETTERS, min_size=10, max_size=10))
def test_a_slip_is_read_however_it_is_typed(code: str) -> None:
    printed = rules.printed_slip_code(code)
    for typed in (printed, printed.lower(), f" {code[:3]} {code[3:]} "):
        assert rules.plain_slip_code(typed) == code


def test_an_appointment_needs_a_role_that_appoints_to_it_over_that_very_place() -> None:
    own = [("419001/101/", frozenset({"village_cadre"})), ("419001/", frozenset({"auditor"}))]
    assert rules.may_appoint("village_cadre", "419001/101/203/", granted=own)
    assert not rules.may_appoint("village_cadre", "419001/102/203/", granted=own)
    assert not rules.may_appoint("town_cadre", "419001/101/", granted=own)


def test_a_period_has_a_length_and_is_not_over() -> None:
    assert rules.is_period(NOW, None, now=NOW)
    assert not rules.is_period(NOW, NOW, now=NOW)
    assert not rules.is_period(NOW - timedelta(days=2), NOW - timedelta(days=1), now=NOW)


@given(st.lists(st.from_regex(r"[0-9g]{1,12}", fullmatch=True), min_size=1, max_size=5))
def test_what_everybody_may_do_reaches_no_place(steps: list[str]) -> None:
    guest = Actor("wechat", grants=(Grant("guest", rules.NOWHERE, frozenset({"me.read"})),))
    assert not guest.covers("me.read", "/".join(steps) + "/")


def test_the_shipped_roles_and_texts_load() -> None:
    loaded = preset.load_all()
    assert {"guest", "villager", "party_member", "village_cadre", "town_cadre"} <= set(loaded["roles"])
    assert {"privacy", "phone", "pictures"} <= set(loaded["consents"])
    assert all(len(text.text) > 40 for text in loaded["consents"].values())


BASE = '[guest]\nname = "访客"\npermissions = []\n[villager]\nname = "村民"\n'


@pytest.mark.parametrize(
    "fault",
    [
        'permissions = ["visits.read@everywhere"]',
        'permissions = ["visits"]',
        'permissions = []\nmay_grant = ["nobody"]',
        'permissions = []\ncolour = "red"',
    ],
)
def test_a_role_that_is_written_wrong_stops_the_start(tmp_path: Path, fault: str) -> None:
    path = tmp_path / "roles.toml"
    path.write_text(f"{BASE}{fault}\n", encoding="utf-8")
    with pytest.raises(BadPreset, match=r"roles\.toml"):
        load(preset.Roles, path)
    path.write_text(f'{BASE}permissions = ["visits.read@own"]\n', encoding="utf-8")
    assert load(preset.Roles, path)
