"""The files we hand out: nobody's machine in them, nothing unfinished, nothing that came from somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import must_be_empty, tracked_texts

MACHINES = re.compile(
    r"(?<![\w.])/(work|root|tmp/lx|Users/[a-z]+|home/[a-z]+)/"
    r"|pypi\.org|pythonhosted\.org|npmjs\.(org|com)|npmmirror\.com|\.(com|cn|org)/(pypi|simple|npm)\b"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
THIS_FILE = "tests/architecture/test_repository.py"  # shows bad samples
LOCK_FILES = ("package-lock.json", "pnpm-lock.yaml", "yarn.lock")  # written by their tool, hosts and all
PROSE_AND_CODE = {".py", ".toml", ".md", ".sh", ".ts", ".tsx", ".js", ".css", ".html", ".cfg", ".ini", ""}


def machines(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := MACHINES.search(line):
            yield f"{name}:{number} names somebody's machine: {found.group()}"


def unfinished(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if found := UNFINISHED.search(line):
            yield f"{name}:{number} is unfinished: {found.group()}"


def ours() -> list[tuple[str, str]]:
    return [(name, text) for name, text in tracked_texts() if Path(name).name not in LOCK_FILES and name != THIS_FILE]


def test_no_file_names_the_machine_it_was_written_on_or_where_packages_come_from() -> None:
    must_be_empty([problem for name, text in ours() for problem in machines(name, text)])


def test_nothing_is_left_unfinished() -> None:
    written = [(name, text) for name, text in ours() if Path(name).suffix in PROSE_AND_CODE]
    must_be_empty([problem for name, text in written for problem in unfinished(name, text)])


def test_nothing_that_belongs_to_one_machine_is_kept() -> None:
    private = re.compile(r"(^|/)(config\.toml|\.env|passwords\.json|.*\.(pem|key|sqlite3?|dump))$|^(var|\.venv)/")
    must_be_empty([name for name, _ in tracked_texts() if private.search(name)])


def test_the_two_commands_and_the_gate_can_be_started() -> None:
    root = Path(__file__).resolve().parents[2]
    for name in (".ci/run", "scripts/setup"):
        assert (root / name).stat().st_mode & 0o111, f"{name} must be executable"


def test_the_rules_for_files_see_what_they_look_for() -> None:
    for line in (
        "cd /root/x",
        "open('/home/li/x')",
        "https://pypi.org/simple",
        "https://mirror.example.com/pypi/simple",
    ):
        assert list(machines("x.md", line)), line
    for line in ("/opt/lianxin/var", "https://example.com/", "a/work/b", "working tree"):
        assert not list(machines("x.md", line)), line
    assert list(unfinished("x.py", "# TODO: later"))
    assert not list(unfinished("x.py", "# all done"))
