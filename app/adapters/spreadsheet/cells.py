"""Turns whatever stands in a cell into the text a person sees there, and notices when Excel has already spoiled it."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from functools import lru_cache

Value = str | int | float | bool | dt.datetime | dt.date | dt.time | dt.timedelta

_EXACT = 10**15  # Excel keeps fifteen digits; the rest of an ID number typed as a number is gone
_SCIENTIFIC = re.compile(r"[+-]?\d(\.\d+)?[eE]\+?\d{2}")
_ERRORS = {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!"}
_FULL_WIDTH = re.compile("[０-９Ａ-Ｚａ-ｚ]")
_TO_HALF = {code: code - 0xFEE0 for span in ("０９", "Ａｚ") for code in range(ord(span[0]), ord(span[1]) + 1)}
_CLINGING = "\ufeff\u200b\u2060"  # invisible signs that copying from web pages leaves at the ends


def text_of(value: Value) -> str:
    """The cell as text: composed, single spaces, half-width digits and letters; all digits of a number; days in ISO."""
    if isinstance(value, str):
        return value if value.isascii() and value.isalnum() else _tidy(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _digits(value)
    if isinstance(value, dt.datetime):
        return _moment(value)
    return str(value) if isinstance(value, dt.timedelta) else value.isoformat()


def is_spoiled(value: Value) -> bool:
    """Whether what was typed can no longer be known: digits lost to a number too long, or an error instead of a value."""
    if isinstance(value, str):
        return ("+" in value and _SCIENTIFIC.fullmatch(value.strip()) is not None) or value in _ERRORS
    return isinstance(value, int | float) and abs(value) >= _EXACT


@lru_cache(maxsize=4096)  # villages, groups, yes and no: most cells of a roll repeat
def _tidy(text: str) -> str:
    if _FULL_WIDTH.search(text):
        text = text.translate(_TO_HALF)
    return unicodedata.normalize("NFC", " ".join(text.strip(_CLINGING).split()).strip(_CLINGING))


def _digits(value: float) -> str:
    if value == int(value):
        return str(int(value))
    return format(Decimal(f"{value:.15g}"), "f")


def _moment(value: dt.datetime) -> str:
    return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ", timespec="seconds")
