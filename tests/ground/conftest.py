"""A folder that the database's user can reach even when the tests run as root; pytest's own folders are closed to him."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def reachable() -> Iterator[Path]:
    """An empty folder of ours, gone after the test."""
    folder = Path(tempfile.mkdtemp(prefix="lianxin-ground-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
