"""The files of appraisals: what ships is whole, and a faulty one is refused with file, key and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from app.domains.appraisals.preset import DRAWER, load_all, load_kind
from app.kernel.presets import BadPreset

SHIPPED = (DRAWER / "deed.toml").read_text(encoding="utf-8")


@pytest.fixture
def faulty(tmp_path: Path) -> Callable[[str, str], str]:
    """What the start says of the shipped deed with one piece of its text replaced."""

    def refusal(before: str, after: str) -> str:
        assert before in SHIPPED
        path = tmp_path / "deed.toml"
        path.write_text(SHIPPED.replace(before, after, 1), encoding="utf-8")
        with pytest.raises(BadPreset) as refused:
            load_kind(path)
        return str(refused.value)

    return refusal


def test_both_kinds_that_ship_are_whole() -> None:
    kinds = load_all()["appraisals"]
    assert [(key, kind.name, kind.panel.draw) for key, kind in kinds.items()] == [
        ("deed", "善行", 3),
        ("star_household", "星级文明户", 5),
    ]
    assert all(len(kind.version) == 12 for kind in kinds.values())


@pytest.mark.parametrize(
    ("before", "after", "key", "says"),
    [
        ("draw = 3", "draw = 4", "panel", "单数"),
        ("draw = 3", "draw = 1", "panel.draw", "3"),
        ('passes = "2*yes > 3"', 'passes = "2*yes > 1"', "panel", "过半数"),
        ('passes = "2*yes > 3"', 'passes = "2*yes > 6"', "panel", "过半数"),
        ('passes = "2*yes > 3"', 'passes = "most"', "panel.passes", "2*yes > 3"),
        ('"same_household", "kin", "nominator"', '"nominator"', "panel", "same_household"),
        ('by = "clerk@village"', 'by = "clerk"', "check.by", "clerk@village"),
        ('by = "clerk@village"', 'by = "mayor@village"', "check.by", "secretary"),
        ('"fine", ', "", "never", "fine"),
        ('name = "照顾老人"', 'name = "优先办低保"', "item.help_elder.name", "低保"),
        ('name = "劝和"', 'name = "抵扣罚款"', "item.mediate.name", "罚款"),
        ("points = [5, 5]", "points = [-5, 5]", "item.clean_up", "负数"),
        ("points = [5, 5]", "", "item.clean_up.points", "至少 1 分"),
        ("cap = 30", "cap = 3", "item.help_elder", "cap"),
        ('what = "points"', 'what = "points"\nmonths = 12', "gives", "months"),
        ("items_most = 1", "items_most = 2", "items_most", "一件事"),
        ("\ndays = 3", "\ndays = 0", "publish.days", "1"),
        ("\ndays = 3", '\ndays = 3\ncolour = "red"', "publish.colour", ""),
        ('help = "自家门口', 'hint = "自家门口', "refusal.own_duty", ""),
    ],
)
def test_a_faulty_file_is_refused_with_its_name_the_key_and_what_is_allowed(
    faulty: Callable[[str, str], str], before: str, after: str, key: str, says: str
) -> None:
    refusal = faulty(before, after)
    assert refusal.startswith("deed.toml：")
    assert key in refusal
    assert says in refusal
