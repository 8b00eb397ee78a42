"""What may stand for a person: names of every people of the country, phone numbers, birth years."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from app.domains.areas.rules.identity_numbers import BadValue
from app.kernel.values import has_hidden_characters, plain

FORGOTTEN_NAME = "（已离开）"  # what stands where a forgotten name stood
_LONGEST_NAME = 30
_DOTS = re.compile(r"\s*[·•・‧∙⋅．｡]\s*")
_BETWEEN_HAN = re.compile(r"(?<=[^\x00-\u024f])\s+(?=[^\x00-\u024f])")
_TO_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
_NOT_DIGITS = re.compile(r"[\s\-‐-―()（）]+")
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(r"(?:\+?86|0086)?(0[12][0-9]|0[3-9][0-9]{2})([2-8][0-9]{6,7})")
_LOCAL = re.compile(r"[2-8][0-9]{6,7}")
_PUBLIC_NUMBERS = frozenset({"110", "119", "120", "122", "12345", "12348"})
_EARLIEST_YEAR = 1900


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as the narrow ones that they stand for."""
    return text.translate(_TO_HALF)


def check_name(text: str) -> str:
    """A name as it is stored: composed, one kind of middle dot, no spaces between Chinese characters."""
    if has_hidden_characters(text):
        raise BadValue("姓名里有看不见的字符：请删掉这一格，用键盘重新打一遍")
    name = _BETWEEN_HAN.sub("", _DOTS.sub("·", " ".join(plain(text).split())))
    if not name:
        raise BadValue("姓名是空的：请填上姓名")
    if len(name) > _LONGEST_NAME:
        raise BadValue(f"姓名超过 {_LONGEST_NAME} 个字：请只填姓名")
    if not all(_may_stand_in_a_name(sign) for sign in name):
        raise BadValue("姓名里有不是文字的符号：请只留姓名，少数民族姓名中间用 ·")
    if name[0] in "· " or name[-1] in "· " or not any(sign.isalpha() for sign in name):
        raise BadValue("姓名不完整：请照身份证填全名")
    return name


def _may_stand_in_a_name(sign: str) -> bool:
    """Letters of every script (rare Han characters included), their marks, the middle dot, a space between words.

    〇 is a Han character that Unicode counts among the numbers.
    """
    return sign in "· 〇" or unicodedata.category(sign) in {"Lo", "Lu", "Ll", "Lt", "Lm", "Mn", "Mc"}


def check_phone(text: str) -> str:
    """A phone number as it is stored: eleven digits of a mobile, or a landline with its area code as 0391-6612345."""
    digits = _NOT_DIGITS.sub("", half_width(text))
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(digits):
        return f"{landline[1]}-{landline[2]}"
    if digits in _PUBLIC_NUMBERS:
        raise BadValue("这是公共服务电话，不是个人的：请填本人或家人的电话，没有就空着")
    if _LOCAL.fullmatch(digits):
        raise BadValue("座机缺区号：请在前面加上区号，写成 0391-6612345 这样")
    raise BadValue("电话号码不对：手机要 11 位、1 开头，座机要带区号；没有就空着")


def check_birth_year(text: str, today: date) -> int:
    """A year of birth written as four digits."""
    digits = half_width(text).removesuffix("年")
    if not re.fullmatch(r"[0-9]{4}", digits) or not _EARLIEST_YEAR <= int(digits) <= today.year:
        raise BadValue(f"出生年不对：请写四位数字，在 {_EARLIEST_YEAR} 到 {today.year} 之间")
    return int(digits)
