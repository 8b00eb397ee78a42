"""The cast of the demo town: whoever gets a name also gets a family that it fits."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from app.demo import cast
from app.demo.town import Home, Person, Size, make_town

TODAY = date(2026, 11, 29)


@pytest.fixture(scope="module")
def people() -> dict[str, tuple[Person, Home]]:
    size = Size(households=200, members=20)
    town = make_town(Random("cast"), cast.TOWN, [(cast.STAGE, "留村")], today=TODAY, serial=1, size=size)
    return cast.choose(town).people


def test_wife_and_husband_are_not_of_one_sex(people: dict[str, tuple[Person, Home]]) -> None:
    couples = [[one.sex for one in home.people if one.relation in {"户主", "配偶"}] for _, home in people.values()]
    assert [pair for pair in couples if len(pair) == 2 and len(set(pair)) == 1] == []
    assert {people[key][0].sex for key in ("member", "village")} == {"男"}


def test_children_have_their_fathers_name(people: dict[str, tuple[Person, Home]]) -> None:
    for role in cast.ROLES:
        if role.key not in people:
            continue
        _, home = people[role.key]
        fathers = {one.name[0] for one in home.people if one.relation in {"户主", "配偶"} and one.sex == "男"}
        children = {one.name[0] for one in home.people if one.relation in {"儿子", "女儿"}}
        assert not fathers or children <= fathers


def test_sex_birthday_and_number_of_a_person_belong_together(people: dict[str, tuple[Person, Home]]) -> None:
    for _, home in people.values():
        for one in home.people:
            assert f"{one.born_on:%Y%m%d}" in one.id_number
            assert (int(one.id_number[16]) % 2 == 1) == (one.sex == "男")
