"""Names, phones, relations and birth years as people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domains.areas.rules.identity_numbers import BadValue
from app.domains.areas.rules.persons import check_birth_year, check_name, check_phone
from app.domains.areas.rules.relations import HEAD, check_relation, relation_code


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("卢春梅", "卢春梅"),
        ("张 三", "张三"),
        ("张　三", "张三"),
        ("䶮𬱖", "䶮𬱖"),
        ("阿卜杜拉•买买提", "阿卜杜拉·买买提"),
        ("阿卜杜拉 · 买买提", "阿卜杜拉·买买提"),
        ("买买提．艾力", "买买提·艾力"),
        ("John  Smith", "John Smith"),
        ("José", "José"),
        ("Jose\u0301", "José"),
    ],
)
def test_a_name_is_kept_in_one_form(written: str, kept: str) -> None:
    assert check_name(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "张三😀",
        "张\u202e三",
        "张\u200b三",
        "张三1",
        "=张三",
        "张三（小）",
        "·张三",
        "张三·",
        "\u0301",
        "张" * 31,
        "张\u0000三",
    ],
)
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(BadValue):
        check_name(written)


@given(st.text(max_size=40))
def test_a_name_that_is_kept_is_kept_again_unchanged(text: str) -> None:
    try:
        kept = check_name(text)
    except BadValue:
        return
    assert check_name(kept) == kept


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("+86 138-0013-8000", "13800138000"),
        ("8613800138000", "13800138000"),
        ("0391-6612345", "0391-6612345"),
        ("(0391) 6612345", "0391-6612345"),
        ("03916612345", "0391-6612345"),
        ("010-66123456", "010-66123456"),
    ],
)
def test_a_phone_is_kept_in_one_form(written: str, kept: str) -> None:
    assert check_phone(written) == kept


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("6612345", "区号"),
        ("12345", "公共服务"),
        ("120", "公共服务"),
        ("1380013800", "电话号码不对"),
        ("12800138000", "电话号码不对"),
        ("没有", "电话号码不对"),
        ("138001380001", "电话号码不对"),
    ],
)
def test_what_is_no_phone_is_refused_with_what_to_do(written: str, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        check_phone(written)


def test_relations_are_known_by_the_words_people_use() -> None:
    assert [check_relation(w) for w in ("户主", "本人", "02", "儿媳妇", "长子")] == [HEAD, HEAD, HEAD, "儿媳妇", "长子"]
    assert [relation_code(w) for w in ("户主", "儿媳妇", "长子", "姥姥", "非亲属")] == ["02", "38", "22", "64", "99"]
    with pytest.raises(BadValue, match="不认识"):
        check_relation("掌柜")


def test_a_birth_year_lies_between_1900_and_today() -> None:
    today = date(2026, 11, 2)
    assert check_birth_year("１９４９年", today) == 1949
    for wrong in ("49", "1899", "2027", "一九四九"):
        with pytest.raises(BadValue):
            check_birth_year(wrong, today)
