"""A text that fits its field, for every type of WeChat's page."""

from __future__ import annotations

import random
import re

import pytest

from app.adapters.wechat.fit import fit, fit_field

TYPES = ["thing", "short_thing", "number", "letter", "symbol", "character_string", "time", "date", "amount", "phone_number",
         "car_number", "name", "phrase", "enum", "const", "keyword"]  # fmt: skip


@pytest.mark.parametrize(
    ("field_type", "text", "fitted"),
    [
        ("thing", "水管坏了", "水管坏了"),
        ("thing", "字" * 20, "字" * 20),
        ("thing", "字" * 21, "字" * 19 + "…"),
        ("thing", "第一行\r\n第二行\t末", "第一行 第二行 末"),
        ("thing", "", "无"),
        ("thing", " \n\u3000 ", "无"),
        ("thing", "a\x00b\u202ec\ud800", "abc"),
        ("thing", "😀" * 15, "😀" * 9 + "…"),
        ("number", "1,200分", "1200"),
        ("number", "１２３", "123"),
        ("number", "-3.5", "-3.5"),
        ("number", "9" * 40, "9" * 32),
        ("number", "没有", "-"),
        ("letter", "Ab1 汉C", "AbC"),
        ("letter", "x" * 40, "x" * 32),
        ("letter", "汉字", "-"),
        ("symbol", "a+-*/=!", "+-*/="),
        ("symbol", "", "-"),
        ("character_string", "编号ＡＢ12-3", "AB12-3"),
        ("character_string", "x" * 40, "x" * 32),
        ("character_string", "汉", "-"),
        ("time", "15:01", "15:01"),
        ("time", "9:05~11:00", "09:05~11:00"),
        ("time", "08:00-10:00", "08:00~10:00"),
        ("time", "2026-11-23 15:01", "2026年11月23日 15:01"),
        ("time", "2026-11-23T07:01:00+00:00", "2026年11月23日 15:01"),
        ("time", "2026年1月5日 9点", "2026年1月5日 09:00"),
        ("time", "2026-11-23 08:00 至 2026-11-24 10:00", "2026年11月23日 08:00~2026年11月24日 10:00"),
        ("time", "2026-02-30 10:00", "-"),
        ("time", "尽快", "-"),
        ("date", "2026-01-05", "2026年1月5日"),
        ("date", "2026/01/05 09:30", "2026年1月5日 09:30"),
        ("date", "15:01", "-"),
        ("amount", "¥1,234.50", "¥1234.50"),
        ("amount", "12元", "12元"),
        ("amount", "￥99", "¥99"),
        ("amount", "1234567890.55", "1234567890"),
        ("amount", "12345678901", "-"),
        ("amount", "12.345元", "12.34元"),
        ("amount", "-5元", "-"),
        ("short_thing", "待处理的事", "待处理的事"),
        ("short_thing", "待处理的事项", "待处理的…"),
        ("const", "字" * 30, "字" * 19 + "…"),
        ("name", "李Li", "李"),
        ("phone_number", "+86 138-0013-8000", "+86138-0013-8000"),
        ("phone_number", "1" * 30, "1" * 17),
        ("car_number", "浙a·12345", "浙A12345"),
        ("name", "李书记", "李书记"),
        ("name", "阿依古丽·买买提·艾山江", "阿依古丽·买买提·艾"),
        ("name", "John Ronald Reuel Tolkien", "John Ronald Reuel To"),
        ("name", "张三1", "张三"),
        ("name", "", "无"),
        ("phrase", "已处理完毕了", "已处理完毕"),
        ("phrase", "已办结(3)", "已办结"),
        ("phrase", "OK", "无"),
        ("enum", "已受理", "已受理"),
        ("keyword", "字" * 300, "字" * 199 + "…"),
    ],
)
def test_a_text_takes_the_form_of_its_field(field_type: str, text: str, fitted: str) -> None:
    assert fit(field_type, text) == fitted


def test_a_fields_name_tells_its_type() -> None:
    assert fit_field("thing12", "字" * 30) == "字" * 19 + "…"
    assert fit_field("character_string3", "a汉b") == "ab"


SHAPES = {
    "thing": r".{1,20}",
    "short_thing": r".{1,5}",
    "const": r".{1,20}",
    "number": r"-?[0-9.]{1,32}|-",
    "letter": r"[A-Za-z]{1,32}|-",
    "symbol": r".{1,5}",
    "character_string": r"[!-~ ]{1,32}",
    "time": r"(\d{4}年\d{1,2}月\d{1,2}日)?( ?\d\d:\d\d)?(~(\d{4}年\d{1,2}月\d{1,2}日)?( ?\d\d:\d\d)?)?|-",
    "date": r"\d{4}年\d{1,2}月\d{1,2}日( \d\d:\d\d)?(~.+)?|-",
    "amount": r"[¥$€£]?[0-9]{1,10}(\.[0-9]{1,2})?元?|-",
    "phone_number": r"[0-9+\-]{1,17}",
    "car_number": r".{1,8}",
    "name": r"[\u4e00-\u9fff·]{1,10}|[A-Za-z ]{1,20}",
    "phrase": r"[^\x00-\x7f]{1,5}",
}


@pytest.mark.parametrize("field_type", TYPES)
def test_no_text_whatever_breaks_its_field(field_type: str) -> None:
    dice = random.Random(field_type)
    alphabet = "0123456789-:/.年月日时点~元¥,汉字村😀👨‍👩\u200d\ufe0f aB!？\n\r\t\x00\u202e\ud83d至—Ａ１"
    for _ in range(400):
        text = "".join(dice.choice(alphabet) for _ in range(dice.randrange(0, 60)))
        fitted = fit(field_type, text)
        assert fitted
        assert fitted == fitted.strip()
        assert not re.search(r"[\x00-\x1f\ud800-\udfff\u202e]", fitted)
        assert re.fullmatch(SHAPES.get(field_type, r".{1,200}"), fitted), (text, fitted)
