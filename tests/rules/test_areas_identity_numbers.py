"""Identity numbers by GB 11643: what is accepted, and with which words the rest is refused."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.areas.rules.identity_numbers import BadValue, Document, check_id_number, check_sign

TODAY = date(2026, 11, 2)
ANY_DAY = st.dates(min_value=date(1900, 1, 1), max_value=TODAY)
REGIONS = st.integers(100000, 899999)


def number_for(region: int, born: date, sequence: int) -> str:
    digits = f"{region:06d}{born:%Y%m%d}{sequence:03d}"
    return digits + check_sign(digits)


def answer(text: str) -> str:
    try:
        return check_id_number(text, TODAY).number
    except BadValue as refused:
        return str(refused)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "11010519491231002x"])
def test_the_numbers_of_the_standard_are_known(number: str) -> None:
    assert check_id_number(number, TODAY).number == number.upper()


def test_nobody_on_file_was_born_in_the_time_of_the_emperors() -> None:
    with pytest.raises(BadValue, match="太早"):
        check_id_number(number_for(410881, date(1849, 12, 31), 1), TODAY)


@given(region=REGIONS, born=ANY_DAY, sequence=st.integers(0, 999))
def test_every_well_made_number_is_accepted_and_read_right(region: int, born: date, sequence: int) -> None:
    found = check_id_number(number_for(region, born, sequence).lower(), TODAY)
    assert found.birth_on == born
    assert found.sex == ("男" if sequence % 2 else "女")


@given(region=REGIONS, born=ANY_DAY, sequence=st.integers(0, 999), place=st.integers(0, 16), step=st.integers(1, 9))
def test_one_wrong_digit_never_passes(region: int, born: date, sequence: int, place: int, step: int) -> None:
    number = number_for(region, born, sequence)
    wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
    with pytest.raises(BadValue):
        check_id_number(wrong, TODAY)


@given(region=REGIONS, born=ANY_DAY, sequence=st.integers(0, 999), place=st.integers(0, 15))
def test_two_neighbours_swapped_never_pass(region: int, born: date, sequence: int, place: int) -> None:
    number = number_for(region, born, sequence)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(BadValue):
            check_id_number(swapped, TODAY)


@given(text=st.text(max_size=24))
def test_any_text_is_answered_with_a_number_or_a_sentence(text: str) -> None:
    assert "：" in answer(text) or len(answer(text)) == 18


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("110105491231002", "15 位的老号码"),
        ("1101051949123100", "要 18 位"),
        ("11010519491231０02X"[:17] + "１", "只能是数字"),
        ("11010519490231002X", "不存在"),
        ("110105194912310021", "最后一位对不上"),
    ],
)
def test_the_refusal_says_what_is_wrong(number: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        check_id_number(number, TODAY)


def test_who_is_born_tomorrow_is_not_on_file_today() -> None:
    with pytest.raises(BadValue, match="还没有到"):
        check_id_number(number_for(410881, TODAY + timedelta(days=1), 1), TODAY)
    assert check_id_number(number_for(410881, TODAY, 1), TODAY).birth_on == TODAY


@pytest.mark.parametrize(
    ("region", "document"),
    [
        (810000, Document.compatriot),
        (820000, Document.compatriot),
        (830000, Document.compatriot),
        (911234, Document.foreigner),
        (419001, Document.resident),
        (990000, Document.foreigner),
    ],
)
def test_the_document_is_read_from_the_number(region: int, document: Document) -> None:
    assert check_id_number(number_for(region, date(1980, 5, 1), 7), TODAY).document is document


def test_the_refusal_never_repeats_the_number() -> None:
    for number in ("110105194912310021", "110105491231002", "11010519490231002X"):
        with pytest.raises(BadValue) as refused:
            check_id_number(number, TODAY)
        assert number not in str(refused.value)
