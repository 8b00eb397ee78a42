"""What media asks of the outside world: keep bytes, clean a picture, check what is to be shown, print a door's code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol


class Scene(IntEnum):
    """Where the text or picture will stand; the numbers are WeChat's."""

    PROFILE = 1
    COMMENT = 2
    FORUM = 3
    JOURNAL = 4


class Verdict(StrEnum):
    """What the content check says."""

    PASS = "pass"  # noqa: S105 - the provider's word, not a password
    REVIEW = "review"  # a person must look
    RISKY = "risky"  # may not be shown
    UNAVAILABLE = "unavailable"  # no answer now: keep it unseen and ask again


class ContentChecker(Protocol):
    """Checks what one person wants others to see."""

    def check_text(self, openid: str, text: str, scene: Scene) -> Verdict:
        """The verdict on a text; the person must have used the mini-program within two hours, else `REVIEW`."""

    def request_media_check(self, openid: str, url: str, scene: Scene) -> str | Verdict:
        """A trace id whose verdict comes by callback within 30 minutes; else `REVIEW` or `UNAVAILABLE`."""


class DoorCodeRefusal(StrEnum):
    """Why a door code was not drawn."""

    BUSY = "busy"  # try again in a minute
    BAD_TOKEN = "bad_token"  # noqa: S105 - the token has characters or a length that the code cannot carry
    PAGE_NOT_PUBLISHED = "page_not_published"  # the mini-program has no such page in its released version
    MISCONFIGURED = "misconfigured"  # keys or rights are wrong


class DoorCodePrinter(Protocol):
    """Draws the round code on a household's door card."""

    def mini_program_code(self, token: str, page: str, width: int) -> bytes | DoorCodeRefusal:
        """A picture (PNG or JPEG) that opens the page with the random token, never with a household's id."""


class Storage(Protocol):
    """Keeps the bytes of files under names that we make; a name has one slash at most (`raw/…`, `clean/…`)."""

    def put(self, name: str, content: bytes) -> None:
        """Keep the bytes; when this returns they survive a crash. The same name again replaces them."""

    def get(self, name: str) -> bytes | None:
        """The bytes, or None when nothing has this name."""

    def delete(self, name: str) -> None:
        """Forget the bytes; a name that is not there is no fault."""

    def names(self, older_than: datetime) -> Iterator[str]:
        """Every name whose bytes were put before this moment, for the sweep of what belongs to no row."""


class PictureRefusal(StrEnum):
    """Why a picture was not taken over."""

    NOT_A_PICTURE = "not_a_picture"  # some other file, or a format we do not take
    BROKEN = "broken"  # the picture cannot be read to its end
    TOO_MANY_PIXELS = "too_many_pixels"  # small as a file, huge when unpacked
    TOO_SLOW = "too_slow"  # the cleaning took longer than any honest picture does


@dataclass(frozen=True, slots=True)
class CleanPicture:
    """A picture drawn anew, without place, camera or anything else that was hidden in the file."""

    content: bytes = field(repr=False)  # JPEG
    thumbnail: bytes = field(repr=False)  # JPEG
    width: int
    height: int
    look: int  # 64 bits, signed; alike pictures differ in few of them


class PictureCleaner(Protocol):
    """Draws a stranger's picture anew, where a hostile file can do no harm."""

    def clean(self, raw: bytes) -> CleanPicture | PictureRefusal:
        """The clean picture, or why there is none; never raises, whatever was sent."""
