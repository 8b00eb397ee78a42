"""The client's two packages: unit tests, both builds, Tencent's compilers, sizes, and nothing in them that is not for the street."""

from __future__ import annotations

import json
import os
import re
import subprocess
from functools import partial
from pathlib import Path

import pytest

from app.adapters.places import CLONE
from scripts import client

CLIENT = CLONE / "miniprogram"
PLAIN = {**os.environ, "NO_COLOR": "1", "FORCE_COLOR": "0"}  # words to read, not to look at
pytestmark = pytest.mark.slow


def npm(script: str) -> str:
    done = subprocess.run(
        ["npm", "run", "--silent", script],
        cwd=CLIENT,
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
        env=PLAIN,
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_the_rules_of_the_client_hold() -> None:
    assert re.search(r"Tests\s+\d+ passed", npm("unit"))


def test_the_mini_program_package_is_whole_small_and_has_no_hook() -> None:
    npm("build:mp")
    told = npm("check:mp")
    print(told)
    pages = json.loads((CLIENT / "src" / "pages.json").read_text(encoding="utf-8"))["pages"]
    assert f"{len(pages)} pages" in told


def test_the_browser_package_is_small_and_points_nowhere_outside() -> None:
    print(npm("check:h5"))


def test_the_lock_file_names_no_place_that_packages_come_from() -> None:
    locked = json.loads((CLIENT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert len(locked) > 100
    assert [name for name, package in locked.items() if "resolved" in package] == []
    unproven = [name for name, package in locked.items() if name and "integrity" not in package]
    assert unproven == []


def test_a_build_is_made_again_when_and_only_when_a_file_changes(tmp_path: Path) -> None:
    look = partial(client.fingerprint, within=tmp_path)
    page = tmp_path / "page.vue"
    page.write_text("one")
    before = look([page])
    assert look([page]) == before
    page.write_text("two")
    assert look([page]) != before
    (tmp_path / "other.vue").write_text("two")
    assert look([page, tmp_path / "other.vue"]) != look([page])
