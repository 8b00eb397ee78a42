"""Runs one of our own modules on a stranger's file in a process of its own, with a bound on memory, time and answer.

A hostile spreadsheet or picture may then do its worst: the child dies, the caller gets an answer, the web process stays as
small as it was. The child sets its own limits as its first act: a preexec_fn would run Python between fork and exec of a
process that has threads.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

_ROOT = Path(__file__).parents[2]
_PASSED_ON = ("PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_CONFIG", "COVERAGE_PROCESS_START")  # never our secrets
_CHUNK = 1 << 16
_GRACE = 2.0  # seconds between the last word and the end


class TookTooLong(Exception):
    """The child was silent for longer than it was given, and was stopped."""


class AnswerTooLong(Exception):
    """The child said more than anyone asked for, and was stopped."""


class Confined:
    """A child process running one module; leaving the block ends it, whatever it was doing."""

    def __init__(self, module: str, *arguments: str, patience: float, given: bytes = b"") -> None:
        self._patience = patience
        with tempfile.TemporaryFile() as file:  # not a pipe: a child that does not read could then hold us up
            file.write(given)
            file.seek(0)
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                stdin=file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | {"PYTHONPATH": str(_ROOT)},
                cwd=_ROOT,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the child if it still runs."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def verdict(self) -> int:
        """How the child ended once it has closed its mouth: 0, its own code, or minus the signal that ended it."""
        try:
            return self._process.wait(timeout=_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def answer(self, *, at_most: int) -> bytes:
        """Everything the child says until it closes its mouth."""
        said = bytearray()
        for chunk in self._chunks():
            said += chunk
            if len(said) > at_most:
                raise AnswerTooLong
        return bytes(said)

    def lines(self, *, longest: int) -> Iterator[bytes]:
        """What the child says, line by line, as it says it. A last line without its end is not a line."""
        pending = bytearray()
        for chunk in self._chunks():
            pending += chunk
            *whole, rest = pending.split(b"\n")
            yield from map(bytes, whole)
            pending = bytearray(rest)
            if len(pending) > longest:
                raise AnswerTooLong

    def _chunks(self) -> Iterator[bytes]:
        """Read as it comes; the patience counts only the waiting, not what the caller does in between."""
        assert self._process.stdout is not None
        pipe = self._process.stdout.fileno()
        waited = 0.0
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while True:
                since = time.monotonic()
                is_ready = selector.select(max(self._patience - waited, 0))
                waited += time.monotonic() - since
                if not is_ready:
                    raise TookTooLong
                chunk = os.read(pipe, _CHUNK)
                if not chunk:
                    return
                yield chunk


def confine_myself(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Called first by a child: from here on the kernel refuses it more memory or time than this.

    macOS accepts the bound on memory but does not enforce it, and some systems refuse it; the checks before the reading
    and the parent's patience still hold there.
    """
    import contextlib
    import resource

    for what, soft, hard in (
        (resource.RLIMIT_AS, memory_bytes, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),  # the soft one ends it with a signal that says why
        (resource.RLIMIT_CORE, 0, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (soft, hard))
