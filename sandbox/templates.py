"""The template library: which fields a message template has, and what WeChat lets one write into each (else 47003)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

_MOMENT = r"(\d{4}年\d{1,2}月\d{1,2}日 )?([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
_DAY = r"\d{4}年\d{1,2}月\d{1,2}日( ([01]?\d|2[0-3]):[0-5]\d)?"
_HAN = r"\u3400-\u9fff"

# WeChat's own table of field types: what each may hold.
SHAPES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r"[^\r\n]{1,20}"),
    "short_thing": re.compile(r"[^\r\n]{1,5}"),
    "const": re.compile(r"[^\r\n]{1,20}"),
    "number": re.compile(r"(?=.{1,32}$)[+-]?\d+(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(rf"[^\w\s{_HAN}]{{1,5}}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "time": re.compile(rf"{_MOMENT}(~{_MOMENT})?|{_DAY} ?~ ?{_MOMENT}"),
    "date": re.compile(rf"{_DAY}(~{_DAY})?"),
    "amount": re.compile(r"[¥￥$€£]?\d{1,10}(\.\d{1,2})?元?"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(rf"[{_HAN}]?[A-Z0-9a-z·]{{1,7}}[{_HAN}]?"),
    "name": re.compile(rf"[{_HAN}·]{{1,10}}|[A-Za-z ]{{1,20}}"),
    "phrase": re.compile(rf"[{_HAN}]{{1,5}}"),
}
_NUMBERED = re.compile(r"([a-z_]+?)\d*")


@dataclass(frozen=True, slots=True)
class Template:
    """One message template as chosen in WeChat's console."""

    id: str
    title: str
    kind: str  # "subscribe" for the mini-program, "oa" for the official account
    fields: dict[str, str]  # key such as thing1 -> label
    long_term: bool = False
    enums: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, told: dict[str, Any]) -> Template:
        """A template from JSON; a field type that WeChat does not know is a ValueError."""
        template = cls(**told)
        for key in template.fields:
            if not key.startswith("enum") and _type_of(key) not in SHAPES:
                raise ValueError(f"template {template.id}: no such field type: {key}")
        return template

    def complaint(self, data: object) -> str | None:
        """What WeChat finds wrong with the data of a message, in its own words; None when nothing is."""
        if not isinstance(data, dict):
            return "argument invalid! data is emtpy"
        for key in [*self.fields, *(other for other in data if other not in self.fields)]:
            value = text_of(data.get(key))
            if not value:
                return f"argument invalid! data.{key}.value is emtpy"  # WeChat's own spelling
            if not self._fits(key, value):
                return f"argument invalid! data.{key}.value invalid"
        return None

    def _fits(self, key: str, value: str) -> bool:
        if key not in self.fields:
            return False
        if key in self.enums:
            return value in self.enums[key]
        if key.startswith("enum"):
            return len(value) <= 20
        if key.startswith("car_number") and len(value) > 8:
            return False
        return SHAPES[_type_of(key)].fullmatch(value) is not None

    def lines(self, data: object) -> list[list[str]]:
        """Label and value of each field, as the phone shows them."""
        values = data if isinstance(data, dict) else {}
        return [[label, text_of(values.get(key))] for key, label in self.fields.items()]


def text_of(entry: object) -> str:
    """The value inside `{"value": …}`; an empty string when there is none."""
    value = entry.get("value") if isinstance(entry, dict) else entry
    return value if isinstance(value, str) else "" if value is None or isinstance(value, bool) else str(value)


def _type_of(key: str) -> str:
    match = _NUMBERED.fullmatch(key)
    return match.group(1) if match else key
