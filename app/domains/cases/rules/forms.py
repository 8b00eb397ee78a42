"""What a form of a kind accepts: each field by its type, nothing that was not asked, sorted by who may see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.domains.cases.errors import WrongForm
from app.domains.cases.preset.model import FormField
from app.kernel.errors import Invalid
from app.kernel.values import has_hidden_characters, plain

_LONGEST = 500
_MOST_FILES = 9
_LARGEST = 1_000_000_000
_YEARS = range(1900, 2101)  # whoever writes another has slipped, and no clock can reckon with the last of all


@dataclass(frozen=True, slots=True)
class Filled:
    """A form that was understood: its values, the same by group as they are kept, and the files it names by group."""

    values: Mapping[str, Any] = field(repr=False)
    by_group: Mapping[str, Mapping[str, Any]] = field(repr=False)
    files: Mapping[UUID, str]


EMPTY = Filled({}, {}, {})


def filled(fields: Mapping[str, FormField], given: Mapping[str, Any], *, may_be_empty: bool = True) -> Filled:
    """A form as a phone sent it, checked; WrongForm says in the person's words what to mend."""
    if set(given) - set(fields):
        raise Invalid("有一项这张表里没有，请更新小程序再试。", field="form")
    values: dict[str, Any] = {}
    for name, one in fields.items():
        said = given.get(name)
        if said in (None, "", []):
            if one.required:
                raise WrongForm(f"请填“{one.name}”。", field=f"form.{name}")
            continue
        values[name] = _read(name, one, said)
    if not values and not may_be_empty:
        raise WrongForm("说一句、录一段、拍张照都行，请至少留一样。", field="form")
    by_group: dict[str, dict[str, Any]] = {}
    for name, value in values.items():
        by_group.setdefault(fields[name].group, {})[name] = value
    return Filled(values, by_group, _files(fields, values))


def _read(name: str, one: FormField, said: Any) -> Any:
    try:
        return _READERS[one.type](one, said)
    except (ValueError, TypeError, KeyError) as wrong:
        told = str(wrong) if isinstance(wrong, _Told) else f"“{one.name}”没填对，请改一下。"
        raise WrongForm(told, field=f"form.{name}") from wrong


class _Told(ValueError):
    """A fault that has its own sentence."""


def _text(one: FormField, said: Any) -> str:
    if not isinstance(said, str) or has_hidden_characters(said):
        raise TypeError
    text, most = plain(said), one.max or _LONGEST
    if len(text) > most:
        raise _Told(f"“{one.name}”最多 {most} 个字，请短一点。")
    if not text:
        raise _Told(f"请填“{one.name}”。")
    return text


def _choice(one: FormField, said: Any) -> str:
    if said not in one.choices:
        raise ValueError
    return str(said)


def _choices(one: FormField, said: Any) -> list[str]:
    return list(dict.fromkeys(_choice(one, each) for each in _list(said, len(one.choices))))


def _number(_one: FormField, said: Any) -> int:
    if not isinstance(said, int) or isinstance(said, bool) or not 0 <= said <= _LARGEST:
        raise ValueError
    return said


def _day(_one: FormField, said: Any) -> str:
    if not isinstance(said, str):
        raise TypeError
    day = date.fromisoformat(said)
    if day.year not in _YEARS:
        raise ValueError
    return day.isoformat()


def _id(_one: FormField, said: Any) -> str:
    return str(UUID(said if isinstance(said, str) else ""))


def _ids(one: FormField, said: Any) -> list[str]:
    return list(dict.fromkeys(_id(one, each) for each in _list(said, _MOST_FILES)))


def _voices(one: FormField, said: Any) -> str | list[str]:
    """One recording, or as many as the field takes; a phone that knows only one sends its id alone."""
    if isinstance(said, str):
        return _id(one, said)
    return list(dict.fromkeys(_id(one, each) for each in _list(said, one.max or 1)))


def _papers(one: FormField, said: Any) -> list[str]:
    short = FormField(name=one.name, type="text", max=40)
    return [_text(short, each) for each in _list(said, one.max or 20)]


def _list(said: Any, most: int) -> list[Any]:
    if not isinstance(said, list) or len(said) > most:
        raise TypeError
    return said


_READERS: Mapping[str, Callable[[FormField, Any], Any]] = {
    "text": _text,
    "place": _text,
    "choice": _choice,
    "unit": _choice,
    "units": _choices,
    "number": _number,
    "date": _day,
    "voice": _voices,
    "person": _id,
    "case": _id,
    "photos": _ids,
    "papers": _papers,
}


def _files(fields: Mapping[str, FormField], values: Mapping[str, Any]) -> dict[UUID, str]:
    files: dict[UUID, str] = {}
    for name, value in values.items():
        if fields[name].type in {"voice", "photos"}:
            for one in value if isinstance(value, list) else [value]:
                files[UUID(one)] = fields[name].group
    return files
