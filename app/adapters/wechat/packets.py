"""Reads a packet that anybody may have sent: XML or JSON becomes one plain shape, or `Unreadable`, within milliseconds.

Leaves are text, `List` and `detail` are lists, depth and number of elements are bounded. A document type is refused, so
there are no entities and nothing is ever fetched.
"""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn
from xml.parsers import expat

LARGEST: Final = 65_536

_DEEPEST = 12
_MOST = 2_000
_ALWAYS_LISTS: Final = frozenset({"List", "detail"})
_WRAPPERS: Final = frozenset({"SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"})

Packet = dict[str, Any]


class Unreadable(Exception):
    """Not a packet of WeChat's."""


def parse(body: bytes) -> tuple[Packet, bool]:
    """The packet, and whether it came as JSON; the content type is not asked, it is often wrong."""
    text = body.lstrip(b"\xef\xbb\xbf \t\r\n")
    if len(body) > LARGEST:
        raise Unreadable
    if text.startswith(b"<"):
        return _unwrapped(_tidied(_XmlReader().read(text))), False
    if text.startswith(b"{"):
        return _unwrapped(_tidied(_json(text))), True
    raise Unreadable


def _json(text: bytes) -> Packet:
    try:
        packet = json.loads(
            text.decode(), parse_int=str, parse_float=str, parse_constant=_refuse, object_pairs_hook=_unique
        )
    except (ValueError, RecursionError):
        raise Unreadable from None
    return packet if isinstance(packet, dict) else _refuse()


def _unique(pairs: list[tuple[str, Any]]) -> Packet:
    packet = dict(pairs)
    return packet if len(packet) == len(pairs) else _refuse()


def _refuse(*_: object) -> NoReturn:
    raise Unreadable


class _XmlReader:
    """Builds nested dicts from XML; repeated elements become a list."""

    def __init__(self) -> None:
        self._root: Packet = {}
        self._open: list[tuple[str, Packet, list[str]]] = [("", self._root, [])]
        self._count = 0
        self._parser = expat.ParserCreate("utf-8")
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = _refuse
        self._parser.EntityDeclHandler = _refuse
        self._parser.ExternalEntityRefHandler = _refuse

    def read(self, text: bytes) -> Packet:
        try:
            self._parser.Parse(text, True)
        except (expat.ExpatError, UnicodeError, ValueError):
            raise Unreadable from None
        packet = self._root.get("xml")
        return packet if isinstance(packet, dict) else _refuse()

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) > _DEEPEST or self._count > _MOST:
            _refuse()
        self._open.append((name, {}, []))

    def _text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _end(self, _name: str) -> None:
        name, children, words = self._open.pop()
        value: Packet | str = children or "".join(words).strip()
        siblings = self._open[-1][1]
        if name not in siblings:
            siblings[name] = value
        elif isinstance(siblings[name], list):
            siblings[name].append(value)
        else:
            siblings[name] = [siblings[name], value]


def _unwrapped(packet: Packet) -> Packet:
    """Lift `List` out of the wrapper element that XML always has and JSON sometimes."""
    for name in _WRAPPERS & packet.keys():
        if isinstance(packet[name], dict):
            packet["List"] = packet.pop(name).get("List", [])
    return packet


def _tidied(packet: Packet) -> Packet:
    counter = [0]
    return {_clean(name): _value(name, value, depth=1, counter=counter) for name, value in packet.items()}


def _value(name: str, value: Any, *, depth: int, counter: list[int]) -> Any:
    counter[0] += 1
    if depth > _DEEPEST or counter[0] > _MOST:
        _refuse()
    if isinstance(value, dict):
        value = {_clean(key): _value(key, one, depth=depth + 1, counter=counter) for key, one in value.items()}
    elif isinstance(value, list):
        return [_value("", one, depth=depth + 1, counter=counter) for one in value]
    else:
        value = _leaf(value)
    if name in _ALWAYS_LISTS:
        return [value] if value else []
    return value


def _leaf(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else _clean(str(value))


def _clean(text: str) -> str:
    """Without what PostgreSQL does not store: NUL and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()
