"""What an operator types when something went wrong: letters that reached nobody, offices that stand empty, the doctor."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from app.adapters.desk import toml_of
from app.commands import letters, ops, presets
from app.commands.doctor import examine
from app.domains.notices import actions as notices
from app.domains.notices.errors import NotRetriable
from app.domains.notices.models import Message
from app.kernel.access import SYSTEM, Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.settings import Demo, Settings
from tests.makers.areas import make_area, make_person
from tests.makers.notices import Outside, make_message, rows, with_outside

Typed = Callable[..., Result]
TxAs = Callable[[Actor], AbstractContextManager[Tx]]


@pytest.fixture
def typed(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Typed:
    """Type a command at the terminal of this test's system."""
    config = tmp_path / "config.toml"
    config.write_text(toml_of(asdict(settings)), encoding="utf-8")
    monkeypatch.setenv("LIANXIN_CONFIG", str(config))
    commands = {command.name: command for subject in (letters, ops, presets) for command in subject.COMMANDS}

    def run(name: str, *words: object) -> Result:
        return CliRunner().invoke(commands[name], [str(word) for word in words], env={"COLUMNS": "200"})

    return run


@pytest.fixture
def dead(runtime: Runtime, tx_as: TxAs) -> UUID:
    """An alarm that reached nobody."""
    with tx_as(SYSTEM) as tx:
        make_message(tx, make_person(tx), urgency="alarm")
    with transaction(with_outside(runtime, Outside()), SYSTEM) as tx:
        notices.take(tx, 10)
    (message_id,) = rows(runtime, select(Message.id).where(Message.state == "failed"))
    assert isinstance(message_id, UUID)
    return message_id


def test_a_dead_letter_is_listed_sent_again_and_then_gone_from_the_list(
    runtime: Runtime, dead: UUID, typed: Typed
) -> None:
    assert str(dead) in typed("letters", "list").output
    again = typed("letters", "retry", dead)
    assert (again.exit_code, again.output) == (0, "1 条排上了，推送进程会马上再送。\n")
    assert rows(runtime, select(Message.state)) == ["waiting"]
    assert typed("letters", "list").output == "没有没送到的消息。\n"
    assert isinstance(typed("letters", "retry", dead).exception, NotRetriable)


def test_of_two_letters_one_of_which_is_none_the_operator_hears_which_went(
    runtime: Runtime, dead: UUID, typed: Typed
) -> None:
    told = typed("letters", "retry", dead, uuid4())
    assert told.exit_code == 0
    assert "1 条排上了" in told.output
    assert "另外 1 条没有动" in told.output
    assert rows(runtime, select(Message.state)) == ["waiting"]


def test_an_empty_office_is_told_with_the_command_that_fills_it(tx_as: TxAs, typed: Typed) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    told = typed("vacancies", "--area", "419001101203")
    assert told.exit_code == 0, told.output
    assert "grant --phone 手机号 clerk 419001101203" in told.output
    assert re.search(r"共 [1-9]\d* 个岗位现在接不了事", told.output)


def test_the_doctor_says_how_many_members_can_be_reached_and_with_strict_fails_when_something_is_not_well(
    tx_as: TxAs, dead: UUID, typed: Typed
) -> None:
    with tx_as(SYSTEM) as tx:
        make_area(tx)
    told = typed("doctor")
    assert told.exit_code == 0, told.output
    assert re.search(r"现在找得到的党员 │ \d+ / \d+", told.output)
    assert re.search(r"看 │ 没送到的消息", told.output), f"{dead} is not spoken of: {told.output}"
    assert typed("doctor", "--strict").exit_code == 1


def test_in_earnest_the_doctor_names_what_was_left_as_it_is_shipped(settings: Settings, runtime: Runtime) -> None:
    (desk,) = (one for one in examine(runtime) if one.what == "正式运行要填的")
    assert desk.is_well
    wechat = replace(settings.wechat, mini_program=replace(settings.wechat.mini_program, app_id="wx" + "0" * 16))
    web = replace(settings.web, public_url="https://lianxin.example.gov.cn")
    earnest = replace(settings, mode="production", demo=Demo(), wechat=wechat, web=web)
    (told,) = (one for one in examine(replace(runtime, settings=earnest)) if one.what == "正式运行要填的")
    assert not told.is_well
    for left in ("web.public_url", "wechat.mini_program.app_id", "个模板编号还是示例"):
        assert left in told.result
    assert "official_account" not in told.result
