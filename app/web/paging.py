"""Pages by key: a phone asks for what comes after the last row it has; rows that arrive meanwhile disturb nothing."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from uuid import UUID

from app.kernel.errors import Invalid

PAGE = 30


class BadCursor(Invalid):
    """A page mark that we did not write."""

    code = "bad_cursor"
    sentence = "翻页的位置不对，请从头再看。"


class Cursor:
    """The mark of a row: its moment and its id, packed into 32 letters."""

    @staticmethod
    def write(at: datetime, row_id: UUID) -> str:
        """The mark that continues after this row."""
        micros = int(at.timestamp() * 1_000_000)
        return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + row_id.bytes).decode()

    @staticmethod
    def read(text: str | None) -> tuple[datetime, UUID] | None:
        """The moment and id of the last row seen; None on the first page."""
        if not text:
            return None
        try:
            raw = base64.urlsafe_b64decode(text.encode("ascii"))
            micros = int.from_bytes(raw[:8], "big")
            return datetime.fromtimestamp(micros / 1_000_000, UTC), UUID(bytes=raw[8:])
        except (ValueError, OverflowError, OSError, binascii.Error) as unreadable:
            raise BadCursor(field="after") from unreadable
