"""The words we tell people are checked when the program starts."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from app.domains.notices import preset
from app.domains.notices.preset import Messages, Template

GOOD: dict[str, Any] = {
    "title": "还有 {left} 户没去",
    "inbox": "还有 {left} 户没去。",
    "sms": "还有 {left} 户没去。",
    "page": "pages/zone/index",
    "values": ["left"],
}


def _wrong(**changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Template.model_validate({**GOOD, **changes})
    return str(refused.value)


def test_the_shipped_files_are_right() -> None:
    loaded = preset.load_all()
    assert {"visit_reminder", "post_held"} <= loaded["messages"].templates.keys()
    assert loaded["notices"].noise.most == 21


def _ringing() -> list[Template]:
    """The shipped messages that are more than a line in the inbox."""
    return [one for one in preset.load_all()["messages"].templates.values() if not one.is_quiet]


def test_every_shipped_message_that_rings_can_go_by_every_channel() -> None:
    for template in _ringing():
        assert template.subscribe
        assert template.official
        assert template.sms


def test_a_title_is_short() -> None:
    assert "title" in _wrong(title="您这个月还有 {left} 户没有去走访")


def test_a_value_that_nobody_uses_is_refused() -> None:
    assert "extra" in _wrong(values=["left", "extra"])


def test_a_gap_that_nobody_fills_is_refused() -> None:
    assert "month" in _wrong(inbox="{month}还有 {left} 户没去。")


@pytest.mark.parametrize("trick", ["{left.__class__}", "{left[0]}", "{left!r}", "{left:>9}", "{}"])
def test_a_gap_is_a_plain_name(trick: str) -> None:
    assert "写法不对" in _wrong(inbox=f"{trick} {{left}}")


def test_a_field_name_must_be_one_of_wechats() -> None:
    provider = {"id": "t", "title": "走访", "fields": [{"name": "thingy1", "label": "事", "text": "{left}"}]}
    assert "thingy1" in _wrong(subscribe=provider)


def test_two_messages_cannot_share_a_wechat_template() -> None:
    provider = {"id": "t", "title": "走访", "fields": [{"name": "thing1", "label": "事", "text": "{left}"}]}
    twice = {"a": {**GOOD, "subscribe": provider}, "b": {**GOOD, "official": provider}}
    with pytest.raises(ValidationError, match="重复"):
        Messages.model_validate({"templates": twice})


def test_what_must_be_chosen_on_wechats_pages_is_listed_once_each() -> None:
    messages: Messages = preset.load_all()["messages"]
    listed = messages.on_wechat()
    assert len({one["id"] for one in listed}) == len(listed) == 2 * len(_ringing())
    assert messages.subscribed_as("example-visit-reminder") == "visit_reminder"
    assert messages.subscribed_as("example-oa-visit-reminder") is None
