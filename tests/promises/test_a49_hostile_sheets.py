"""A49: a hostile workbook given to the import is refused with a sentence, and nothing in the house has changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from app.commands.rolls import read_roll_file
from app.domains.areas import actions
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from tests.adapters.test_spreadsheet_hostile import HOSTILE
from tests.promises.test_a27_mass_assignment import fingerprint

pytestmark = pytest.mark.promise


def test_a49_a_hostile_workbook_is_refused_kindly_by_the_import(runtime: Runtime, tmp_path: Path) -> None:
    with transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx)
    before, said = fingerprint(runtime), list[str]()
    for number, (attack, _) in enumerate(HOSTILE):
        said.append(refusal_of(runtime, made(tmp_path / f"{number}.xlsx", attack)))
    print(f"A49: {len(HOSTILE)} hostile workbooks, {len(set(said))} sentences")
    assert [s for s in said if not re.search(r"[\u4e00-\u9fff].*。$", s) or re.search(r"[A-Za-z]*Error|xl/", s)] == []
    assert fingerprint(runtime) == before


def made(path: Path, attack: Callable[[Path], None]) -> Path:
    """The workbook."""
    attack(path)
    return path


def refusal_of(runtime: Runtime, path: Path) -> str:
    """What the operator is told."""
    with pytest.raises(click.ClickException) as refused:
        read_roll_file(runtime, path)
    return refused.value.message
