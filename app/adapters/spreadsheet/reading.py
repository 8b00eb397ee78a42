"""Reads a spreadsheet for the web or a worker: the child opens the file, here its rows arrive as plain text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

from app.adapters.confined import AnswerTooLong, Confined, TookTooLong
from app.adapters.spreadsheet.limits import Limits
from app.adapters.spreadsheet.refusals import BadFile

_LONGEST_LINE = 16 << 20
_EXTRA_PATIENCE = 5.0  # seconds beyond the child's CPU time, for a busy machine


class Row(NamedTuple):
    """One row that has something in it; cells are at least as many as the header's."""

    number: int  # as Excel shows it at the left edge
    cells: list[str]
    spoiled: list[int]  # columns, from 0, where Excel has lost what was typed: ask the person, do not import it


class Sheet:
    """A header and its rows, which arrive while one reads them. Use it in a `with` block: leaving it ends the child.

    A file can turn out bad at its end, so iterating may raise `BadFile` too: do nothing final before the last row.
    """

    def __init__(self, child: Confined) -> None:
        self._child = child
        self._lines = child.lines(longest=_LONGEST_LINE)
        _, self.name, self.header, self.header_number = self._next("header")

    @property
    def rows(self) -> Iterator[Row]:
        """The rows under the header, once."""
        while (line := self._next("rows", "end"))[0] == "rows":
            for number, cells, spoiled in line[1]:
                yield Row(number, cells, spoiled)
        self.close()

    def close(self) -> None:
        """End the child, whether it has said everything or not."""
        self._child.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _next(self, *expected: str) -> list[Any]:
        """The child's next line; a refusal, a silence or a death is raised."""
        try:
            line: list[Any] = json.loads(next(self._lines, b'["gone"]'))
        except TookTooLong as error:
            raise BadFile("too_slow") from error
        except (AnswerTooLong, ValueError) as error:
            raise BadFile("forged") from error
        if line[0] == "refused":
            raise BadFile(line[1])
        if line[0] not in expected:
            raise BadFile(_cause_of_death(self._child.verdict()))
        return line


def read_rows(path: Path, *, limits: Limits | None = None) -> Sheet:
    """Read the first sheet of an .xlsx, or a .csv, for an importer; refuses with `BadFile`."""
    limits = limits or Limits()
    if path.stat().st_size > limits.file_bytes:
        raise BadFile("file_too_big")
    child = Confined(
        "app.adapters.spreadsheet.child",
        str(path.resolve()),
        limits.to_text(),
        patience=limits.cpu_seconds + _EXTRA_PATIENCE,
    )
    try:
        return Sheet(child)
    except BaseException:
        child.stop()
        raise


def _cause_of_death(verdict: int) -> str:
    import signal

    if verdict == -signal.SIGXCPU:
        return "too_slow"
    return "unpacked_too_big" if verdict in {-signal.SIGABRT, -signal.SIGKILL, -signal.SIGSEGV} else "damaged"
