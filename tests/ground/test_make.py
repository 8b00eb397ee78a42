"""The two commands: they work from any folder, say what is missing, and fail when something is wrong."""

from __future__ import annotations

import importlib.util
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from app.adapters.places import CLONE, data_folder, make_folder, venv_folder

TARGETS = {"help", "run", "test", "setup", "lint", "bench", "promises"}


def run(*argv: str, cwd: Path = CLONE, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        argv, cwd=cwd, env={**inherited, **environment}, check=False, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_script", CLONE / "scripts" / "setup.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def clone(reachable: Path) -> Iterator[Path]:
    """A small clone in a folder with a space in its name, with the real tools and one passing test."""
    clone = (reachable / "a clone").resolve()
    (clone / "app" / "adapters").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(CLONE / name, clone)
    for folder in ("scripts", ".ci"):
        shutil.copytree(CLONE / folder, clone / folder)
    for name in ("app/__init__.py", "app/adapters/__init__.py", "app/adapters/places.py"):
        shutil.copy(CLONE / name, clone / name)
    (clone / "tests").mkdir()
    (clone / "tests" / "test_it.py").write_text('"""A test."""\n\n\ndef test_it() -> None:\n    assert True\n')
    venv = venv_folder(clone)
    make_folder(venv.parent)
    venv.symlink_to(sys.prefix)
    yield clone
    venv.unlink()
    if venv.parent != clone:
        shutil.rmtree(venv.parent)


@pytest.mark.parametrize("argv", [("make",), ("make", "-C", str(CLONE)), ("make", "-f", str(CLONE / "Makefile"))])
def test_make_alone_shows_every_target_from_any_folder(argv: tuple[str, ...], tmp_path: Path) -> None:
    shown = run(*argv, cwd=CLONE if argv == ("make",) else tmp_path)
    assert shown.returncode == 0
    assert {f"make {target} " in shown.stdout for target in TARGETS} == {True}


def test_tests_run_in_a_clone_whose_path_has_a_space(clone: Path, tmp_path: Path) -> None:
    ran = run("make", "-C", str(clone), "quick", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 passed in" in ran.stdout.splitlines()[-2] + ran.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("test_it.py", '"""Fails."""\n\n\ndef test_it() -> None:\n    assert 1 == 2  # noqa: PLR0133\n'),
        ("test_it.py", '"""No test at all: pytest says 5."""\n'),
    ],
)
def test_a_failing_or_an_empty_test_run_fails_the_command(clone: Path, name: str, text: str) -> None:
    (clone / "tests" / name).write_text(text)
    assert run("make", "-C", str(clone), "quick").returncode != 0


def test_the_gate_fails_when_a_tool_finds_fault(clone: Path, tmp_path: Path) -> None:
    (clone / "app" / "bad.py").write_text("import os\n")
    gate = run(str(clone / ".ci" / "run"), cwd=tmp_path)
    assert gate.returncode != 0
    assert "F401" in gate.stdout + gate.stderr


def test_the_gate_runs_everything_that_make_test_runs() -> None:
    assert "make --no-print-directory test" in (CLONE / ".ci" / "run").read_text()
    steps = run("make", "-n", "test").stdout
    for tool in ("ruff check .", "ruff format --check", "mypy", "importlinter", "pytest -n"):
        assert tool in steps


def test_without_a_python_that_is_new_enough_it_says_what_to_install(tmp_path: Path) -> None:
    for name in ("dirname", "cat", "sh"):
        found = shutil.which(name)
        assert found is not None
        (tmp_path / name).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    refused = run(str(CLONE / "scripts" / "setup"), "run", PATH=str(tmp_path))
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert "apt-get install python3 python3-venv" in refused.stderr
    assert "没有找到 Python 3.11" in refused.stderr


def test_setup_is_quiet_when_nothing_is_to_be_done(clone: Path) -> None:
    ready = run(str(clone / "scripts" / "setup"), "test")
    assert ready.returncode == 0, ready.stderr
    assert ready.stderr == ""
    assert ready.stdout.strip() == str(venv_folder(clone) / "bin" / "python")


def test_a_changed_requirement_asks_for_a_new_installation(setup: ModuleType, tmp_path: Path) -> None:
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text("flask\n")
    before = [setup.fingerprint(purpose, clone=tmp_path) for purpose in ("run", "test")]
    (tmp_path / "requirements-dev.txt").write_text("flask\npytest\n")
    after = [setup.fingerprint(purpose, clone=tmp_path) for purpose in ("run", "test")]
    assert after[0] == before[0]
    assert after[1] != before[1]
    assert setup.stamp_of(tmp_path / "no such venv", "run") == ""


def test_missing_programs_are_named_with_one_command_to_get_them(setup: ModuleType) -> None:
    absent = setup.Need("the proof", programs=("surely-not-installed",), apt="surely-not", brew="not-surely")
    assert not absent.is_met
    text = setup.how_to_get([absent])
    assert "the proof" in text
    assert ("brew install not-surely" if sys.platform == "darwin" else "apt-get install surely-not") in text


def test_root_keeps_his_things_where_the_database_user_can_reach_them() -> None:
    clone = Path("/srv/连心 clone")
    assert venv_folder(clone, is_root=False) == clone / ".venv"
    assert data_folder(clone, is_root=False) == clone / "var"
    own = venv_folder(clone, is_root=True).parent
    assert own.parent == Path("/var/lib/lianxin")
    assert len(own.name) == 12
    assert data_folder(clone, is_root=True) == own / "data"


def test_a_folder_that_was_there_keeps_its_mode(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    make_folder(closed / "ours" / "deeper")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    assert (closed / "ours" / "deeper").is_dir()
