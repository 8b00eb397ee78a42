"""Keeps files in a folder: pictures, voices, sheets. A file is whole or absent, and its owner alone may read it.

Names are checked against one pattern before they touch the disk, so no name leads out of the folder. Files are 0600, folders
0700; what a crash left unfinished is swept away later.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

_NAME = re.compile(
    r"(?:(?P<drawer>[a-z][a-z0-9-]{0,19})/)?(?P<leaf>[A-Za-z0-9][A-Za-z0-9_-]{0,79}(?:\.[a-z0-9]{1,5})?)"
)
_KEPT, _UNFINISHED = "kept", "unfinished"
_NO_DRAWER = "-"  # no drawer can be called that


class StorageError(Exception):
    """Something the storage would not or could not do."""


class NoSuchFile(StorageError):
    """There is no file of this name (any more)."""


class BadName(StorageError):
    """A name that this storage does not keep files under."""


class TooLarge(StorageError):
    """The content went on after the last byte it was allowed; nothing of it was kept."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What was kept of a stream."""

    name: str
    size: int
    sha256: str


class FileStorage:
    """A folder of files, spread over two levels of folders so that no listing grows long."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, name: str, content: bytes) -> None:
        """Keep the bytes; when this returns they survive a crash. The same name again replaces them."""
        self._keep(name, [content], limit=len(content))

    def put_stream(self, chunks: Iterable[bytes], *, limit: int, name: str | None = None) -> Stored:
        """Keep what arrives in pieces, at most `limit` bytes; more is refused as soon as it is seen.

        Without a name it gets a random one, 32 hexadecimal digits that say nothing.
        """
        return self._keep(name or secrets.token_hex(16), chunks, limit=limit)

    def get(self, name: str) -> bytes | None:
        """The bytes, or None when nothing has this name."""
        try:
            with self.open(name) as file:
                return file.read()
        except NoSuchFile:
            return None

    def open(self, name: str) -> BinaryIO:
        """The file, to be read and closed by the caller."""
        try:
            return os.fdopen(os.open(self._place(name), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb")
        except OSError as error:
            if error.errno not in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:  # a link is none of our files
                raise
            raise NoSuchFile(name) from error

    def exists(self, name: str) -> bool:
        """Whether there is such a file."""
        return self._place(name).is_file()

    def delete(self, name: str) -> None:
        """Forget the bytes; a name that is not there is no fault."""
        place = self._place(name)
        with contextlib.suppress(FileNotFoundError):
            place.unlink()
            _make_lasting(place.parent)

    def names(self, older_than: datetime) -> Iterator[str]:
        """Every name whose bytes were put before this moment, for the sweep of what belongs to no row."""
        for path in (self._root / _KEPT).glob("*/??/??/*"):
            if _is_older(path, older_than):
                drawer = path.relative_to(self._root / _KEPT).parts[0]
                yield path.name if drawer == _NO_DRAWER else f"{drawer}/{path.name}"

    def sweep(self, *, older_than: datetime) -> int:
        """Remove what was begun before this moment and never finished; answers how many."""
        begun = [path for path in (self._root / _UNFINISHED).glob("*") if _is_older(path, older_than)]
        for path in begun:
            path.unlink(missing_ok=True)
        return len(begun)

    def _keep(self, name: str, chunks: Iterable[bytes], *, limit: int) -> Stored:
        place = self._place(name)
        unfinished = self._root / _UNFINISHED / secrets.token_hex(16)
        self._make_folders(unfinished.parent)
        try:
            size, digest = _write(unfinished, chunks, limit)
            made = self._make_folders(place.parent)
            unfinished.replace(place)
        finally:
            unfinished.unlink(missing_ok=True)
        for folder in (place.parent, *made):
            _make_lasting(folder)
        return Stored(name, size, digest)

    def _place(self, name: str) -> Path:
        parts = _NAME.fullmatch(name)
        if parts is None:
            raise BadName("a name is letters, digits and one slash at most")
        spread = sha256(name.encode()).hexdigest()  # names may begin with the time; their hash does not
        return self._root / _KEPT / (parts["drawer"] or _NO_DRAWER) / spread[:2] / spread[2:4] / parts["leaf"]

    def _make_folders(self, folder: Path) -> list[Path]:
        """Make this folder and those above it, private; answers the folders that have got a new entry."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(mode=0o700, exist_ok=True)
        return [path.parent for path in missing]


def _write(path: Path, chunks: Iterable[bytes], limit: int) -> tuple[int, str]:
    size, digest = 0, sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"more than {limit} bytes")
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return size, digest.hexdigest()


def _is_older(path: Path, moment: datetime) -> bool:
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _make_lasting(folder: Path) -> None:
    """A new entry survives a power cut only when its folder has been written too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
