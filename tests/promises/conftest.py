"""What the promises under fire stand on: the whole product in processes, and dice whose seed is printed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.settings import Database
from tests.conftest import MORNING
from tests.stack import Stack


@pytest.fixture
def make_stack(tmp_path: Path) -> Iterator[Callable[..., Stack]]:
    """Make stacks over databases of one's choice; all their processes end with the test, as they are used to: killed."""
    made: list[Stack] = []

    def make(database: Database, **how: Any) -> Stack:
        folder = tmp_path / f"stack{len(made)}"
        folder.mkdir()
        made.append(Stack(folder, database, start_at=MORNING, **how))
        return made[-1]

    yield make
    for stack in made:
        stack.kill_all()


@pytest.fixture
def stack(database: Database, make_stack: Callable[..., Stack]) -> Stack:
    """The product over a fresh database; nothing is started yet."""
    return make_stack(database)


@pytest.fixture
def dice(seed: int) -> random.Random:
    """Random numbers that can be had again: LIANXIN_SEED=… repeats a run."""
    print(f"seed {seed}")
    return random.Random(seed)
