"""A lock that the kernel lets go of when its holder dies, however it dies; the file names the holder for whoever is refused."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class AlreadyHeld(RuntimeError):
    """Somebody else holds the lock; `holder` is his process id, 0 when unknown."""

    def __init__(self, path: Path, holder: int) -> None:
        """Remember who was in the way."""
        super().__init__(f"{path} is held by process {holder}")
        self.holder = holder


class LockFile:
    """One holder at a time, across processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    @property
    def is_ours(self) -> bool:
        return self._descriptor is not None

    def take(self) -> None:
        """Take the lock or raise AlreadyHeld at once; taking what is ours already changes nothing."""
        if self.is_ours:
            return
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode().strip()
            os.close(descriptor)
            raise AlreadyHeld(self._path, int(holder or 0)) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        self._descriptor = descriptor

    def release(self) -> None:
        """Let go; the file stays, since removing it would race with the next holder."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
