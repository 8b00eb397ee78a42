"""The quick way to a QR code gives, bit for bit, what the library gives."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode
from qrcode.util import MODE_8BIT_BYTE, QRData

from app.adapters.sheets.codes import Code, CodePress
from app.adapters.sheets.paper import code_operators

PRESS = CodePress()


def by_the_library(url: str, version: int) -> list[list[bool]]:
    code = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=2)
    code.add_data(QRData(url.encode(), mode=MODE_8BIT_BYTE))
    code.make(fit=False)
    return [[bool(module) for module in row] for row in code.modules]


def modules(code: Code) -> list[list[bool]]:
    width = len(code.rows) // code.size
    lines = [code.rows[row * width : (row + 1) * width] for row in range(code.size)]
    return [[bool(line[x // 8] >> (7 - x % 8) & 1) for x in range(code.size)] for line in lines]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=26, max_size=26), min_size=1, max_size=3
    )
)
def test_a_derived_code_equals_an_encoded_one(tokens: list[str]) -> None:
    for token in tokens:
        url = "https://example.gov.cn/d/" + token
        code = PRESS.press(url)
        assert code.size == 33
        assert modules(code) == by_the_library(url, version=4)


@pytest.mark.parametrize(("length", "version"), [(10, 4), (62, 4), (63, 5), (84, 5), (100, 6)])
def test_the_version_follows_the_length(length: int, version: int) -> None:
    for letter in "aZ0":
        code = PRESS.press(letter * length)
        assert code.size == 17 + 4 * version
        assert modules(code) == by_the_library(letter * length, version)


def test_an_address_that_is_not_ascii_is_refused() -> None:
    with pytest.raises(UnicodeEncodeError):
        PRESS.press("https://例子.中国/d/1")


def test_a_stencil_that_happens_to_contain_its_own_end_mark_is_written_in_digits() -> None:
    plain = code_operators(Code(16, b"AB" * 16), at=(0, 0), side=1)
    awkward = code_operators(Code(16, b"EI" * 16), at=(0, 0), side=1)
    assert b"ID " + b"AB" * 16 + b"\nEI" in plain
    assert b"/F /AHx ID " + b"4549" * 16 + b">\nEI" in awkward
