"""Chinese identity numbers by GB 11643: residents, residents from Hong Kong, Macao and Taiwan, foreign permanent residents.

The region code is not compared with a place: people marry in, and regions were numbered otherwise before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from operator import mul

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_SIGNS = "10X98765432"
_OLD = re.compile(r"[0-9]{15}")
_WRITTEN = re.compile(r"[0-9]{17}[0-9X]")
_COMPATRIOT_REGIONS = ("810000", "820000", "830000")
_EARLIEST_YEAR = 1850  # the standard's own example was born in 1880


class Document(StrEnum):
    """Which card carries the number."""

    resident = "居民身份证"
    compatriot = "港澳台居民居住证"
    foreigner = "外国人永久居留身份证"


@dataclass(frozen=True, slots=True)
class IdNumber:
    """A number that passed the checks, and what it says about its holder."""

    number: str
    birth_on: date
    sex: str
    document: Document


class BadValue(ValueError):
    """A cell that cannot be used; the text says what is wrong and what to do, and never repeats the cell."""


def check_sign(digits: str) -> str:
    """The last sign that belongs to seventeen digits."""
    return _CHECK_SIGNS[sum(map(mul, _WEIGHTS, map(int, digits[:17]))) % 11]


def check_id_number(text: str, today: date) -> IdNumber:
    """The number as it is stored (X in capitals), or BadValue."""
    number = text.upper()
    if _OLD.fullmatch(number):
        raise BadValue("这是 15 位的老号码，2013 年起已经停用：请照现在的身份证填 18 位")
    if len(number) != 18:
        raise BadValue(f"身份证号要 18 位，这里是 {len(number)} 位：请照身份证重新填")
    if not _WRITTEN.fullmatch(number):
        raise BadValue("身份证号只能是数字，最后一位可以是 X：请照身份证重新填")
    birth_on = _birth_date(number, today)
    if check_sign(number) != number[17]:
        raise BadValue("身份证号最后一位对不上，多半有一位抄错了：请照身份证核对")
    return IdNumber(number, birth_on, "男" if int(number[16]) % 2 else "女", _document(number))


def _birth_date(number: str, today: date) -> date:
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        raise BadValue("身份证号中间的出生日期不存在：请照身份证核对第 7 到 14 位") from None
    if born > today:
        raise BadValue("身份证号里的出生日期还没有到：请照身份证核对第 7 到 14 位")
    if born.year < _EARLIEST_YEAR:
        raise BadValue("身份证号里的出生年份太早：请照身份证核对第 7 到 10 位")
    return born


def _document(number: str) -> Document:
    if number.startswith(_COMPATRIOT_REGIONS):
        return Document.compatriot
    return Document.foreigner if number.startswith("9") else Document.resident
