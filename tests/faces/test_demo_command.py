"""What an operator types to let the demo town grow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.commands.demo import demo
from app.kernel.runtime import Runtime
from app.settings import Settings
from tests.faces.test_people_commands import toml


@pytest.fixture
def typed(
    settings: Settings, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Type a demo command at the terminal of a system that serves a real village."""
    assert runtime.settings == settings
    config = tmp_path / "config.toml"
    config.write_text(toml({**asdict(settings), "mode": "production", "demo": {}}), encoding="utf-8")
    monkeypatch.setenv("LIANXIN_CONFIG", str(config))
    return lambda *words: CliRunner().invoke(demo, words, catch_exceptions=True, env={"COLUMNS": "200"})


def test_the_scale_may_be_said_without_the_word_grow_and_means_the_same(typed: Callable[..., Any]) -> None:
    for words in (("--scale", "2"), ("grow", "--scale", "2")):
        said = typed(*words)
        assert said.exit_code == 1
        assert "演示数据只能在演示环境里做" in said.output


@pytest.mark.parametrize("words", [("--scale", "0"), ("--scale", "11"), ("--scale", "2", "grow"), ("--scale", "x")])
def test_a_scale_that_makes_no_sense_is_refused_with_a_reason(
    typed: Callable[..., Any], words: tuple[str, ...]
) -> None:
    said = typed(*words)
    assert said.exit_code == 2
    assert "scale" in said.output


def test_demo_alone_says_what_can_be_typed(typed: Callable[..., Any]) -> None:
    said = typed()
    assert said.exit_code == 0
    assert {"grow", "token", "--scale"} <= set(said.output.replace("=", " ").split())
