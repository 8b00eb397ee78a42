"""Small values that every domain speaks: ids, Chinese days and months, masks of personal data."""

from __future__ import annotations

import os
import unicodedata
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
_COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "司马",
        "上官",
        "诸葛",
        "东方",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "司徒",
        "司空",
        "夏侯",
        "澹台",
        "轩辕",
        "端木",
        "百里",
        "南宫",
        "呼延",
        "独孤",
    ]
)


def uuid7(now: datetime) -> UUID:
    """An id that sorts by the moment it was made (RFC 9562, version 7)."""
    millis = int(now.timestamp() * 1000)
    rand = int.from_bytes(os.urandom(10), "big")
    high = (rand >> 64) & 0x0FFF
    low = rand & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(millis << 80) | (0x7 << 76) | (high << 64) | (0b10 << 62) | low)


def local_day(moment: datetime) -> date:
    """The day on the wall calendar in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date) -> datetime:
    """The first moment of a Chinese day."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def at_clock(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a Chinese day."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=SHANGHAI)


def month_of(day: date) -> str:
    """The month a day belongs to, as 2026-11."""
    return f"{day.year:04d}-{day.month:02d}"


def first_of_month(month: str) -> date:
    """The first day of a month written 2026-11."""
    return date.fromisoformat(f"{month}-01")


def last_of_month(month: str) -> date:
    """The last day of a month written 2026-11."""
    return (first_of_month(month) + timedelta(days=32)).replace(day=1) - timedelta(days=1)


def surname(name: str) -> str:
    """The family name, two characters where Chinese has one of two."""
    return name[:2] if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else name[:1]


def mask_name(name: str) -> str:
    """张*, 欧阳**: the family name stays, the given name does not. What stands in brackets is no name, and stays."""
    if name.startswith("（"):
        return name
    family = surname(name)
    return family + "*" * max(1, len(name) - len(family))


def mask_phone(phone: str) -> str:
    """138****8000: first three and last four digits."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 8 else "****"


def mask_id_number(number: str) -> str:
    """First three and last two characters of an ID number."""
    return f"{number[:3]}{'*' * 13}{number[-2:]}" if len(number) == 18 else "*" * len(number)


_CONTROLS = (*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0))
_DIRECTIONS = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_HALVES = range(0xD800, 0xE000)
_HIDDEN = frozenset(map(chr, (*_CONTROLS, *_DIRECTIONS, *_HALVES)))


def has_hidden_characters(text: str) -> bool:
    """Whether a text holds control or direction-changing characters, or halves of characters."""
    return not _HIDDEN.isdisjoint(text)


# What shows nothing at all: blanks of every kind, and the marks of width zero, of which a text must not be made.
_ZERO_WIDTH = "\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u2060\u3164\ufeff\uffa0"
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001)))) + _ZERO_WIDTH


def plain(text: str) -> str:
    """The one way in which text is stored: composed (NFC), without what shows nothing at either end."""
    return unicodedata.normalize("NFC", text).strip(_BLANKS)
