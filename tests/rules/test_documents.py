"""What the documents tell an operator to type and to set up is what the code knows; and nothing that he can type is left unsaid."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest

from app.__main__ import cli
from app.commands.run import api_argv
from bot.journal import JOURNALS
from tests.stack import ROOT


def document(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def table_of(text: str) -> str:
    """The lines of the table of commands."""
    return "\n".join(line for line in text.splitlines() if line.startswith("| `python -m app"))


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_command_stands_in_the_readme(name: str) -> None:
    told = set(re.findall(r"[a-z-]+", table_of(document(name))))
    assert sorted(set(cli.commands) - told - {"run"}) == []


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "DEPLOY.md"])
def test_every_command_of_a_document_exists(name: str) -> None:
    firsts = re.findall(r"python -m app ([a-z-]+)(?: ([a-z][a-z-]*))?", document(name))
    assert firsts
    for first, second in firsts:
        command = cli.commands.get(first)
        assert command is not None, first
        if second and isinstance(command, click.Group):
            assert second in command.commands, f"{first} {second}"


def test_the_unit_of_the_web_server_starts_it_as_the_desk_does() -> None:
    (line,) = re.findall(r"^ExecStart=\S+ (-m granian .*)$", document("DEPLOY.md"), re.MULTILINE)
    ours = api_argv(8000, workers=2, threads=8)[1:]
    told = line.split()
    assert {word for word in ours if word.startswith("--")} - set(told) == {"--log-level"}
    assert told[told.index("--blocking-threads") + 1] == "8"
    assert told[told.index("--backpressure") + 1] == ours[ours.index("--backpressure") + 1]


def test_a_line_for_cron_holds_no_bare_per_cent_sign() -> None:
    lines = re.findall(r"^[\d*]+ [\d*]+ \* \* \* .*$", document("DEPLOY.md"), re.MULTILINE)
    assert any("-m app backup" in line for line in lines)
    assert [line for line in lines if re.search(r"(?<!\\)%", line)] == []


def test_the_units_may_write_where_files_lie_and_beside_them_where_senders_keep_their_journals() -> None:
    folder = Path(tomllib.loads(document("config.example.toml"))["storage"]["folder"])
    (line,) = re.findall(r"^ReadWritePaths=(.*)$", document("DEPLOY.md"), re.MULTILINE)
    assert set(line.split()) == {str(folder), str(folder.parent / JOURNALS)}
