"""Small values: ids in the order of time, masks, months, and texts without hidden characters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel.values import (
    has_hidden_characters,
    last_of_month,
    local_day,
    mask_id_number,
    mask_name,
    mask_phone,
    plain,
    uuid7,
)

NOW = datetime(2026, 11, 2, 1, tzinfo=UTC)


def test_ids_sort_by_the_moment_they_were_made() -> None:
    ids = [uuid7(NOW + timedelta(milliseconds=n)) for n in range(100)]
    assert ids == sorted(ids)
    assert {made.version for made in ids} == {7}
    assert {made.variant for made in ids} == {ids[0].variant}


@pytest.mark.parametrize(
    ("name", "masked"), [("张三", "张*"), ("王桂兰", "王**"), ("欧阳修文", "欧阳**"), ("欧阳", "欧*"), ("䶮一", "䶮*")]
)
def test_the_family_name_stays(name: str, masked: str) -> None:
    assert mask_name(name) == masked


def test_phones_and_id_numbers_keep_their_ends_only() -> None:
    assert mask_phone("13800138000") == "138****8000"
    assert mask_id_number("11010519491231002X") == "110*************2X"


def test_the_day_turns_in_shanghai() -> None:
    assert local_day(datetime(2026, 11, 1, 16, 0, tzinfo=UTC)) == date(2026, 11, 2)
    assert local_day(datetime(2026, 11, 1, 15, 59, tzinfo=UTC)) == date(2026, 11, 1)


@pytest.mark.parametrize(("month", "last"), [("2026-02", 28), ("2028-02", 29), ("2026-12", 31)])
def test_a_month_knows_its_last_day(month: str, last: int) -> None:
    assert last_of_month(month).day == last


@pytest.mark.parametrize("bad", ["a\x00b", "a\x85b", "a\u200fb", "a\u202eb", "a\u2066b", "a\x1bb", "\ud800"])
def test_hidden_characters_are_seen(bad: str) -> None:
    assert has_hidden_characters(bad)


@pytest.mark.parametrize("good", ["䶮𬱖", "路灯不亮\n第二行", "喜😀", "１８", "e\u0301"])
def test_honest_texts_pass(good: str) -> None:
    assert not has_hidden_characters(good)
    assert plain(good) == plain(plain(good))


@pytest.mark.parametrize("nothing", ["", " \u3000\n", "\u200b", "\ufeff \u2060\u200d", "\u3164", "\u00ad\u115f"])
def test_what_shows_nothing_is_no_text(nothing: str) -> None:
    assert plain(nothing) == ""
    assert plain(f"{nothing}灯 不亮{nothing}") == "灯 不亮"


def test_signs_that_are_joined_stay_joined() -> None:
    assert plain(" 👨‍👩‍👧 ") == "👨‍👩‍👧"
