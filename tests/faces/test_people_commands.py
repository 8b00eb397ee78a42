"""What an operator types about people, from the command line down to the rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import func, select, update

from app.commands import departures, people
from app.domains.areas.errors import AreaNotFound
from app.domains.areas.models import Household, Person
from app.domains.identity.models import RoleGrant, Slip, Staff
from app.kernel.access import SYSTEM, Actor
from app.kernel.clock import MovableClock
from app.kernel.errors import Refusal
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, reading
from app.settings import Settings
from tests.conftest import MORNING
from tests.makers.areas import make_area, make_household, make_person
from tests.makers.identity import make_account
from tests.makers.members import make_member

TxAs = Callable[[Actor], AbstractContextManager[Tx]]
CODE = "419001101203"


def toml(tree: dict[str, Any], prefix: str = "") -> str:
    """A tree of settings as a file."""
    plain = {k: v for k, v in tree.items() if not isinstance(v, dict)}
    told = [f"[{prefix}]"] if prefix else []
    told += [f"{k} = {str(v).lower() if isinstance(v, bool) else repr(v)}" for k, v in plain.items()]
    tables = [toml(v, f"{prefix}.{k}" if prefix else k) for k, v in tree.items() if isinstance(v, dict)]
    return "\n".join([*told, *tables])


@pytest.fixture
def typed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Type a command at the terminal of this test's system."""
    config = tmp_path / "config.toml"
    config.write_text(toml(asdict(settings)), encoding="utf-8")
    monkeypatch.setenv("LIANXIN_CONFIG", str(config))
    commands = {command.name: command for command in (*people.COMMANDS, *departures.COMMANDS)}

    def run(name: str, *words: str) -> Result:
        return CliRunner().invoke(commands[name], words, catch_exceptions=True, env={"COLUMNS": "200"})

    return run


def test_a_role_is_given_listed_and_taken_back(runtime: Runtime, tx_as: TxAs, typed: Callable[..., Result]) -> None:
    with tx_as(SYSTEM) as tx:
        make_person(tx, "王芳", phone="13800000005")
    given = typed("grant", "--phone", "13800000005", "--until", "2027-01-01", "village_cadre", CODE)
    assert given.exit_code == 0, given.output
    listed = typed("roster", CODE)
    assert "王*" in listed.output
    assert "村干部" in listed.output
    assert "2027-01-01" in listed.output
    (grant_id,) = re.findall(r"revoke (\S+)", given.output)
    assert typed("revoke", grant_id).exit_code == 0
    assert "王*" not in typed("roster").output
    with reading(runtime) as db:
        assert db.scalar(select(RoleGrant.revoked_at)) is not None


def test_whom_or_where_an_operator_means_must_be_clear(tx_as: TxAs, typed: Callable[..., Result]) -> None:
    with tx_as(SYSTEM) as tx:
        make_person(tx, phone="13800000006")
        make_person(tx, phone="13800000006")
    assert "登记了 2 个人" in typed("grant", "--phone", "13800000006", "village_cadre", CODE).output
    assert "登记了 0 个人" in typed("grant", "--phone", "13900000000", "village_cadre", CODE).output
    assert typed("grant", "--person", "somebody", "village_cadre", CODE).exit_code == 2
    assert typed("roster", "41900").exit_code == 2
    refused = typed("revoke", "00000000-0000-4000-8000-000000000000")
    assert isinstance(refused.exception, Refusal)


def test_a_staff_account_is_opened_for_a_cadre_who_is_on_no_roll_and_its_secrets_are_shown_once(
    runtime: Runtime, tx_as: TxAs, typed: Callable[..., Result]
) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx, "419001/101/")
    added = typed("staff", "add", "zhou-min", "--name", "周敏", "--area", "419001101000")
    assert added.exit_code == 0, added.output
    assert "otpauth://totp/" in added.output
    assert "█" in added.output
    again = typed("staff", "passwd", "zhou-min")
    passwords = [re.findall(r"一次性密码：(\S+)", shown.output)[0] for shown in (added, again)]
    assert passwords[0] != passwords[1]
    with reading(runtime) as db:
        kept = db.scalar(select(Staff.password_hash))
    assert kept is not None
    assert kept.startswith("$argon2id$")
    assert passwords[1] not in kept


@pytest.mark.parametrize(
    "words",
    ["roster 419001999999", "roster /etc/", "slips --village 419001999999 {}", "person find --village 419001999999 甲"],
)
def test_a_code_of_no_place_is_refused(tx_as: TxAs, typed: Callable[..., Result], tmp_path: Path, words: str) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    refused = typed(*words.format(tmp_path / "slips.pdf").split())
    assert isinstance(refused.exception, AreaNotFound), refused.output
    assert list(tmp_path.glob("*.pdf")) == []


def test_slips_for_nobody_are_no_success(tx_as: TxAs, typed: Callable[..., Result], tmp_path: Path) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    refused = typed("slips", "--village", CODE, str(tmp_path / "slips.pdf"))
    assert refused.exit_code == 1
    assert "没有要开纸条的户主" in refused.output


def test_slips_of_a_village_are_printed_for_heads_that_nobody_stands_for(
    runtime: Runtime, tx_as: TxAs, typed: Callable[..., Result], tmp_path: Path
) -> None:
    with tx_as(SYSTEM) as tx:
        for number in range(18):
            make_household(tx, f"{number:03d}")
        bound = make_household(tx, "900")
        make_account(tx, tx.db.scalar(select(Household.head_id).where(Household.id == bound)))
        make_household(tx, path="419001/101/204/")
    printed = typed("slips", "--village", CODE, str(tmp_path / "slips.pdf"))
    assert printed.exit_code == 0, printed.output
    assert "18 张纸条，2 页" in printed.output
    assert (tmp_path / "slips.pdf").read_bytes().startswith(b"%PDF")
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).select_from(Slip)) == 18


def test_slips_that_could_not_be_written_leave_the_older_ones_good(
    runtime: Runtime, tx_as: TxAs, typed: Callable[..., Result], tmp_path: Path
) -> None:
    with tx_as(SYSTEM) as tx:
        make_household(tx)
    assert typed("slips", "--village", CODE, str(tmp_path / "slips.pdf")).exit_code == 0
    refused = typed("slips", "--village", CODE, str(tmp_path / "nowhere" / "slips.pdf"))
    assert isinstance(refused.exception, OSError)
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).where(Slip.expires_at > runtime.clock.now())) == 1
        assert db.scalar(select(func.count()).select_from(Slip)) == 1


def test_who_moves_away_is_taken_off_the_roll_and_forgotten_in_time(
    tx_as: TxAs, typed: Callable[..., Result], clock: MovableClock
) -> None:
    with tx_as(SYSTEM) as tx:
        make_household(tx, head_phone="13800000007")
        member = make_member(tx, phone="13800000008")
    assert "member leave" in typed("person", "leave", "--phone", "13800000008", "--reason", "迁走").output
    assert "365 天以后" in typed("person", "leave", "--phone", "13800000007", "--reason", "迁走").output
    assert "可以忘掉的：0 人" in typed("forget", "--dry-run").output
    with tx_as(SYSTEM) as tx:
        tx.db.execute(update(Person).where(Person.id == member).values(state="moved", left_at=tx.now))
    clock.set(MORNING + timedelta(days=366), rate=0)
    looked = typed("forget", "--dry-run").output
    assert "可以忘掉的：1 人" in looked
    assert "先留着 1 人：还在党员名册上" in looked
    assert "忘掉了的：1 人" in typed("forget").output
    assert "忘掉了的：0 人" in typed("forget").output


def test_who_is_meant_is_found_by_name_and_told_apart_by_household(tx_as: TxAs, typed: Callable[..., Result]) -> None:
    with tx_as(SYSTEM) as tx:
        make_household(tx, "0315", head="卢春梅", head_phone="13800000010")
        make_household(tx, "0316", head="卢春梅", head_phone="13800000010")
    found = typed("person", "find", "--village", CODE, "卢春梅").output
    assert "0315" in found
    assert "0316" in found
    assert "春梅" not in found
    assert "没有叫这个名字的人" in typed("person", "find", "--village", CODE, "卢冬生").output
    several = typed("grant", "--phone", "13800000010", "village_cadre", CODE).output
    assert "登记了 2 个人" in several
    assert len(re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", several)) == 2
    assert "村干部" in typed("grant", "--phone", "13800000010", "nonsense", CODE).output
    assert "--phone 或 --person" in typed("grant", "village_cadre", CODE).output
