"""Files that come in parts: each part is kept under the file's id and its sender, until all are here and one file is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from uuid import UUID

from app.domains.media import actions as media
from app.domains.media import errors, queries, rules
from app.domains.media.ports import Storage
from app.kernel.errors import Refusal
from app.kernel.transaction import reading, transaction
from app.web.routes import actor, runtime


@dataclass(frozen=True, slots=True)
class Piece:
    """One part as it came."""

    file_id: UUID
    kind: rules.FileKind
    start: int
    size: int
    raw: bytes = field(repr=False)

    @property
    def is_only_the_end(self) -> bool:
        """All has come before, and the phone asks that the file be made of it."""
        return not self.raw and self.start == self.size


def how_far(file_id: UUID) -> queries.HowFar:
    """What of this file its sender has brought; of other people's files nothing is told."""
    with reading(runtime()) as db:
        return queries.how_far(db, file_id, actor().account_id)


def take(piece: Piece, received: int) -> int:
    """Keep a part; answers how much of the file is here now."""
    if piece.size > runtime().presets["media"].most_bytes(piece.kind):
        raise errors.FileTooLarge(field="size")
    if not piece.is_only_the_end:
        return _keep(piece)
    if received < piece.size:
        raise errors.PartGap(field="offset")
    return received


def _keep(piece: Piece) -> int:
    name = f"part/{piece.file_id.hex}-{token_hex(12)}"
    new = media.NewPart(piece.file_id, piece.kind, piece.start, len(piece.raw), piece.size, name)
    runtime().port(Storage).put(name, piece.raw)
    try:
        with transaction(runtime(), actor()) as tx:
            kept = media.keep_part(tx, new)
    except Refusal:
        _delete([name])
        raise
    _delete(kept.unneeded)
    return kept.received


def joined(file_id: UUID) -> bytes | None:
    """All parts after each other; None when one of them has gone."""
    storage = runtime().port(Storage)
    pieces = [storage.get(name) for name in how_far(file_id).names]
    return None if None in pieces else b"".join(piece for piece in pieces if piece is not None)


def forget(file_id: UUID) -> None:
    """The file is whole, or will never be."""
    with transaction(runtime(), actor()) as tx:
        names = media.forget_parts(tx, file_id)
    _delete(names)


def _delete(names: Sequence[str]) -> None:
    storage = runtime().port(Storage)
    for name in names:
        storage.delete(name)
