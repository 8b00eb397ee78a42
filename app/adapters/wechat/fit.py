"""Makes a text fit a template field, by the limits of WeChat's page on subscribe messages, so that none is refused.

What is only words is shortened with … and never left empty. What is a number, a date or an amount is put into WeChat's
form but never invented: when there is none, "-" stands there, WeChat names the field (47003), and the next channel
says it in words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from typing import Final

from app.kernel.values import SHANGHAI

NOTHING_TO_SAY: Final = "无"
NOTHING_KNOWN: Final = "-"

_HAN = "\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_NOT_HAN = re.compile(f"[^{_HAN}]")
_NOT_LETTER_NAME = re.compile(r"[^A-Za-z ]")
_NOT_HAN_NAME = re.compile(f"[^{_HAN}·]")
_NOT_PLATE = re.compile(f"[^{_HAN}A-Z0-9]")
_DAY = re.compile(r"(?<!\d)(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?")
_HOUR = re.compile(r"(?<!\d)([01]?\d|2[0-3])\s*[:时点]\s*([0-5]\d)?")
_TO = re.compile(r"[~—至]|(?<=:\d\d)\s*-\s*")
_AMOUNT = re.compile(r"(?<![-\d.,])([¥$€£])?\s*(?<!-)(\d[\d,]*)(\.\d{1,2})?\d*\s*(元)?")
_NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?")
_UNSEEN = frozenset({"Cc", "Cs", "Cn"})
_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_JOINS_TO_NEXT = "\u200d\ufe0e\ufe0f"


def fit(field_type: str, text: str) -> str:
    """The text in the form that a field of this type takes (thing, time, phrase, …)."""
    return _FITTERS.get(field_type, _free)(_one_line(text)).strip()


def fit_field(name: str, text: str) -> str:
    """The text for a field as templates name it: thing3, character_string12."""
    return fit(name.rstrip("0123456789"), text)


def _one_line(text: str) -> str:
    """Composed, without line breaks, control characters and halves of characters."""
    if text.isprintable() and unicodedata.is_normalized("NFC", text):
        return " ".join(text.split())
    seen = (" " if c.isspace() else c for c in unicodedata.normalize("NFC", text))
    kept = (c for c in seen if unicodedata.category(c) not in _UNSEEN and c not in _DIRECTIONS)
    return " ".join("".join(kept).split())


def _length(text: str) -> int:
    """The length as WeChat counts it: characters beyond the basic plane are two."""
    return len(text) + sum(ord(c) > 0xFFFF for c in text)


def _cut(text: str, limit: int) -> str:
    while _length(text) > limit:
        text = text[:-1]
    return text.rstrip(_JOINS_TO_NEXT + " ")


def _shortened(text: str, limit: int) -> str:
    return text if _length(text) <= limit else _cut(text, limit - 1) + "…"


def _thing(text: str) -> str:
    return _shortened(text, 20) or NOTHING_TO_SAY


def _short_thing(text: str) -> str:
    return _shortened(text, 5) or NOTHING_TO_SAY


def _free(text: str) -> str:
    return _shortened(text, 200) or NOTHING_TO_SAY


def _phrase(text: str) -> str:
    return _NOT_HAN.sub("", text)[:5] or NOTHING_TO_SAY


def _name(text: str) -> str:
    """Ten characters when any of them is Chinese, twenty letters otherwise; WeChat takes no mixture."""
    wide = unicodedata.normalize("NFKC", text)
    if name := _NOT_HAN_NAME.sub("", wide).strip("·"):
        return _cut(name, 10)
    return _NOT_LETTER_NAME.sub("", wide).strip()[:20] or NOTHING_TO_SAY


def _number(text: str) -> str:
    found = _NUMBER.search(_narrow(text))
    return found.group().replace(",", "")[:32].rstrip(".") if found else NOTHING_KNOWN


def _amount(text: str) -> str:
    """One currency sign, ten digits at most, perhaps 元; a debt cannot be written here."""
    found = _AMOUNT.search(_narrow(text))
    if not found:
        return NOTHING_KNOWN
    sign, whole, cents, yuan = found.groups(default="")
    whole = whole.replace(",", "")
    if len(whole) > 10:
        return NOTHING_KNOWN
    return f"{sign}{whole}{cents if len(whole) <= 8 else ''}{yuan}"


def _letter(text: str) -> str:
    return re.sub(r"[^A-Za-z]", "", _narrow(text))[:32] or NOTHING_KNOWN


def _symbol(text: str) -> str:
    marks = "".join(c for c in text if unicodedata.category(c)[0] in "PS" and c != "_")
    return _cut(marks, 5) or NOTHING_KNOWN


def _character_string(text: str) -> str:
    return re.sub(r"[^!-~ ]", "", _narrow(text)).strip()[:32] or NOTHING_KNOWN


def _phone_number(text: str) -> str:
    return re.sub(r"[^0-9+\-]", "", _narrow(text))[:17] or NOTHING_KNOWN


def _car_number(text: str) -> str:
    return _NOT_PLATE.sub("", _narrow(text).upper())[:8] or NOTHING_KNOWN


def _narrow(text: str) -> str:
    """Full-width letters, digits and signs as their ordinary selves."""
    return unicodedata.normalize("NFKC", text)


def _time(text: str) -> str:
    """15:01, or 2026年10月1日 15:01, or a range of them."""
    return _range(text, _moment)


def _date(text: str) -> str:
    """2026年10月1日, perhaps with 15:01, or a range."""
    return _range(text, lambda part: _moment(part) if _DAY.search(part) else "")


def _range(text: str, one: Callable[[str], str]) -> str:
    parts = [one(part) for part in _TO.split(_local(_narrow(text)))]
    return "~".join(part for part in parts[:2] if part) or NOTHING_KNOWN


def _local(text: str) -> str:
    """An ISO moment with its offset as the clock in China shows it; anything else as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if moment.tzinfo is None else moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")


def _moment(text: str) -> str:
    day = _DAY.search(text)
    hour = _HOUR.search(text, day.end() if day else 0)
    if day and not _is_day(day):
        return ""
    spoken_day = "{}年{}月{}日".format(*map(int, day.groups())) if day else ""
    spoken_hour = f"{int(hour[1]):02d}:{hour[2] or '00'}" if hour else ""
    return f"{spoken_day} {spoken_hour}".strip()


def _is_day(found: re.Match[str]) -> bool:
    try:
        date(*map(int, found.groups()))
    except ValueError:
        return False
    return True


_FITTERS: Final[dict[str, Callable[[str], str]]] = {
    "thing": _thing,
    "short_thing": _short_thing,
    "const": _thing,
    "number": _number,
    "letter": _letter,
    "symbol": _symbol,
    "character_string": _character_string,
    "time": _time,
    "date": _date,
    "amount": _amount,
    "phone_number": _phone_number,
    "car_number": _car_number,
    "name": _name,
    "phrase": _phrase,
    "enum": _free,
}
