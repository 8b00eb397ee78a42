"""A log file that cannot fill a disk: when it is big it becomes name.1, and the name.1 before it is gone."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Self

_ROTATE_AT_BYTES = 10_000_000


class RotatingLog:
    """Lines appended to a file, each on disk before the next one is read."""

    def __init__(self, path: Path, *, rotate_at: int = _ROTATE_AT_BYTES) -> None:
        """Append to path, whose folder is made when it is missing."""
        self._path = path
        self._rotate_at = rotate_at
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def write(self, line: str) -> None:
        """Add one line."""
        if self._file.tell() > self._rotate_at:
            self._rotate()
        self._file.write(f"{line}\n")
        self._file.flush()

    def _rotate(self) -> None:
        self._file.close()
        self._path.replace(self._path.with_name(f"{self._path.name}.1"))
        self._file = self._path.open("a", encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, reason: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
