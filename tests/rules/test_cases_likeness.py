"""How alike two matters are told, as pure decisions."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.domains.cases.rules.likeness import likeliest, likeness

WORDS = st.text(alphabet="路口灯不亮坏了水管漏，。 a", max_size=30)
OTHERS = st.dictionaries(st.uuids(), WORDS, max_size=20)


@given(one=WORDS, other=WORDS)
def test_likeness_is_the_same_both_ways_and_whole_for_the_same_words(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) == likeness(other, one) <= 1
    assert likeness(one, one) in {0, 1}
    assert likeness(f"{one}，路灯", f"{one}，路灯") == 1


@given(words=WORDS, others=OTHERS, most=st.integers(1, 10))
def test_few_are_only_put_into_order_and_of_many_none_of_quite_other_words_is_left(
    words: str, others: dict[UUID, str], most: int
) -> None:
    found = likeliest(words, others, most=most)
    degrees = [likeness(words, others[key]) for key in found.ids]
    assert degrees == sorted(degrees, reverse=True)
    assert [degree > 0 for degree in degrees] == [place < found.alike for place in range(len(degrees))]
    if len(others) <= most:
        assert set(found.ids) == set(others)
    else:
        best = sorted((likeness(words, text) for text in others.values()), reverse=True)[:most]
        assert degrees[: found.alike] == [degree for degree in best if degree > 0]


def test_what_was_only_spoken_cannot_be_told_apart_and_stays() -> None:
    ids = [UUID(int=number) for number in range(4)]
    others = dict(zip(ids, ("水管漏了", "路口的路灯", "", "猪圈太臭"), strict=True))
    assert likeliest("门前路灯不亮", others, most=3) == ((ids[1], ids[2]), 1)
    assert likeliest("", others, most=3) == (tuple(ids[:3]), 0)
    assert likeliest("门前路灯不亮", others, most=4) == ((ids[1], ids[0], ids[2], ids[3]), 1)
