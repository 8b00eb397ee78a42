"""Codes become paths, and a file of divisions is judged line by line."""

from __future__ import annotations

import pytest

from app.domains.areas.actions import shipped_divisions
from app.domains.areas.models import Level
from app.domains.areas.rules.divisions import (
    BadCode,
    check_divisions,
    is_provisional,
    level_of,
    parent_of,
    path_of,
    short_name,
    village_of,
)

COUNTY = {"code": "419001000000", "name": "济源市", "parent_code": "", "level": "county"}
TOWN = {"code": "419001101000", "name": "济源市五龙口镇", "parent_code": "419001000000", "level": "town"}
VILLAGE = {"code": "419001101203", "name": "山口村民委员会", "parent_code": "419001101000", "level": "village"}


@pytest.mark.parametrize(
    ("code", "path"),
    [
        ("419001000000", "419001/"),
        ("419001101000", "419001/101/"),
        ("419001101203", "419001/101/203/"),
        ("419001101203g01", "419001/101/203/g01/"),
    ],
)
def test_a_code_becomes_a_path_that_ends_in_a_slash(code: str, path: str) -> None:
    assert path_of(code) == path
    assert level_of(path) == list(Level)[path.count("/") - 1]


@pytest.mark.parametrize(
    "code", ["", "41900110120", "4190011012033", "41900110120x", "419001000203", "４１９００１０００００0", "g01"]
)
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(BadCode):
        path_of(code)


def test_places_know_what_is_above_them() -> None:
    assert parent_of("419001/101/203/g01/") == "419001/101/203/"
    assert parent_of("419001/") is None
    assert village_of("419001/101/203/g01/") == "419001/101/203/"
    assert village_of("419001/101/") == "419001/101/"


def test_names_are_shortened_as_people_say_them() -> None:
    names = ["山口村民委员会", "济源市五龙口镇", "沁园社区居民委员会", "济源市", "留村村民委员会"]
    assert [short_name(name) for name in names] == ["山口村", "五龙口镇", "沁园社区", "济源市", "留村"]


def test_the_shipped_file_is_whole() -> None:
    divisions = shipped_divisions()
    assert [sum(d.level == level for d in divisions) for level in Level] == [1, 16, 557, 0]
    assert not any(d.is_local for d in divisions)


def test_a_file_is_taken_in_any_order_and_comes_out_parents_first() -> None:
    good, bad = check_divisions([VILLAGE, TOWN, COUNTY])
    assert not bad
    assert [d.path for d in good] == ["419001/", "419001/101/", "419001/101/203/"]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"code": "4190011012"}, "code"),
        ({"name": ""}, "name"),
        ({"name": "山\u202e口"}, "name"),
        ({"level": "town"}, "level"),
        ({"parent_code": "419001102000"}, "parent_code"),
        ({"parent_code": "x"}, "parent_code"),
        ({"code": "419001102203", "parent_code": "419001102000"}, "parent_code"),
    ],
)
def test_a_wrong_line_is_named_with_its_column(change: dict[str, str], column: str) -> None:
    _, bad = check_divisions([COUNTY, TOWN, VILLAGE | change])
    assert [(line.line, line.column) for line in bad] == [(4, column)]
    assert bad[0].says


def test_the_same_code_twice_is_refused() -> None:
    _, bad = check_divisions([COUNTY, TOWN, TOWN])
    assert [(line.line, line.column) for line in bad] == [(4, "code")]


def test_a_countys_own_code_is_marked_as_provisional() -> None:
    assert is_provisional("419001101901")
    assert not is_provisional("419001101203")
    good, _ = check_divisions([COUNTY, TOWN, VILLAGE | {"code": "419001101901"}])
    assert [d.is_local for d in good] == [False, False, True]
