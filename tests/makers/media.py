"""Makes pictures and recordings for tests."""

from __future__ import annotations

import io
import resource
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from PIL import Image

from app.domains.media import actions
from app.domains.media.models import File
from app.domains.media.ports import Storage
from app.domains.media.rules import FileKind
from app.kernel.access import Actor
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction

RECORDING = b"ID3\x04\x00\x00\x00\x00\x00\x00" + b"\xff\xfb\x90\x00" * 64


def a_picture(*, size: tuple[int, int] = (320, 240), colour: str = "green") -> bytes:
    """A photograph as a phone would send it."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "JPEG")
    return file.getvalue()


def make_file(runtime: Runtime, actor: Actor, raw: bytes | None = None, *, file_id: UUID | None = None) -> UUID:
    """A picture that somebody has sent and no worker has seen; committed."""
    raw = raw or a_picture()
    with transaction(runtime, actor) as tx:
        file_id = file_id or tx.new_id()
        name = f"raw/{file_id.hex}"
        runtime.port(Storage).put(name, raw)
        new = actions.NewFile(file_id, FileKind.picture, name, byte_count=len(raw), sha256=b"\0" * 32)
        actions.receive_file(tx, new)
    return file_id


def make_voice(runtime: Runtime, actor: Actor) -> UUID:
    """A recording that somebody has sent; committed."""
    with transaction(runtime, actor) as tx:
        file_id = tx.new_id()
        name = f"voice/{file_id.hex}"
        runtime.port(Storage).put(name, RECORDING)
        new = actions.NewFile(file_id, FileKind.voice, name, byte_count=len(RECORDING), sha256=b"\1" * 32)
        actions.receive_file(tx, new)
    return file_id


def has_sent(tx: Tx, file_ids: Iterable[UUID]) -> None:
    """Whoever acts has sent these pictures, if they are not there already."""
    for file_id in file_ids:
        if tx.db.get(File, file_id) is None:
            name = f"raw/{file_id.hex}"
            actions.receive_file(tx, actions.NewFile(file_id, FileKind.picture, name, byte_count=1, sha256=b"\0" * 32))


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """A disk on which no file gets larger than this."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
