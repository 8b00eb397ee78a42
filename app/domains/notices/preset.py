"""The preset files of notices: what we tell people in each channel, and how messages leave."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter
from typing import Any, Self

from pydantic import Field, model_validator

from app.domains.notices.rules import Audience, Urgency
from app.kernel.presets import FOLDER, Preset, load

LONGEST_TITLE = 12
_TYPICAL_VALUE = 2  # how many characters a value in a title usually has
_FIELD_NAME = re.compile(
    r"(thing|number|letter|symbol|character_string|time|date|amount|phone_number|car_number|name|phrase|enum|const)\d{1,3}"
)


class ProviderField(Preset):
    """One field of a WeChat template: its name and label on WeChat's side, and our text for it."""

    name: str
    label: str
    text: str

    @model_validator(mode="after")
    def _is_known(self) -> Self:
        if not _FIELD_NAME.fullmatch(self.name):
            raise ValueError(f"模板字段 {self.name} 写法不对：要 thing1、number2、date3 这样的名字")
        return self


class ProviderTemplate(Preset):
    """A template as it was chosen on WeChat's admin page; `is_long_term` says that one yes holds for good."""

    id: str = Field(min_length=1)
    title: str
    fields: tuple[ProviderField, ...] = Field(min_length=1, max_length=10)
    is_long_term: bool = False


class Template(Preset):
    """One thing we tell people: its words per channel, the page it opens, and what the sender fills in.

    `details` stand only in the app, in a sentence of their own that is left out when the sender has none: they never
    travel by WeChat or SMS.
    """

    title: str
    inbox: str
    sms: str
    page: str = Field(pattern=r"^[a-z][a-z0-9/_-]*(\?[a-z0-9=&_-]+)?$")
    values: frozenset[str]
    inbox_details: str = ""
    details: frozenset[str] = frozenset()
    urgency: Urgency = Urgency.normal
    is_quiet: bool = False  # lies in the inbox and rings nowhere
    subscribe: ProviderTemplate | None = None
    official: ProviderTemplate | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        used = set().union(*map(placeholders, self._texts()))
        if used != self.values:
            raise ValueError(f"values 要与文中的 {{…}} 一致，对不上的是 {'、'.join(sorted(used ^ self.values))}")
        if placeholders(self.inbox_details) != self.details or self.details & self.values:
            raise ValueError("details 要与 inbox_details 里的 {…} 一致，也不能与 values 重名")
        if _usual_length(self.title) > LONGEST_TITLE:
            raise ValueError(f"title 最多 {LONGEST_TITLE} 个字")
        return self

    def _texts(self) -> Iterable[str]:
        yield from (self.title, self.inbox, self.sms)
        for provider in (self.subscribe, self.official):
            yield from (field.text for field in (provider.fields if provider else ()))


class Messages(Preset):
    """Everything we tell people, by name."""

    templates: dict[str, Template]

    @model_validator(mode="after")
    def _has_own_ids(self) -> Self:
        ids = [p.id for t in self.templates.values() for p in (t.subscribe, t.official) if p]
        if twice := {one for one in ids if ids.count(one) > 1}:
            raise ValueError(f"模板编号重复：{'、'.join(sorted(twice))}")
        return self

    def subscribed_as(self, template_id: str) -> str | None:
        """Our name for a subscription template of WeChat's."""
        return next((n for n, t in self.templates.items() if t.subscribe and t.subscribe.id == template_id), None)

    def on_wechat(self) -> list[dict[str, Any]]:
        """The templates that must exist on WeChat's admin pages, for the operator and for the sandbox."""
        return [
            {
                "id": provider.id,
                "title": provider.title,
                "kind": kind,
                "fields": {field.name: field.label for field in provider.fields},
                "long_term": provider.is_long_term,
            }
            for template in self.templates.values()
            for kind, provider in (("subscribe", template.subscribe), ("oa", template.official))
            if provider
        ]


class QuietHours(Preset):
    """The hours in which only alarms ring, and over how many minutes the morning's messages are spread."""

    from_hour: int = Field(alias="from", ge=0, le=23)
    to_hour: int = Field(alias="to", ge=0, le=23)
    spread_minutes: int = Field(ge=0, le=120)


class Noise(Preset):
    """How many messages one person gets within some hours; alarms leave in any case, room is kept for them."""

    most: int = Field(ge=1)
    hours: int = Field(ge=1)
    kept_for_alarms: int = Field(ge=0)

    @model_validator(mode="after")
    def _leaves_room(self) -> Self:
        if self.kept_for_alarms >= self.most:
            raise ValueError("kept_for_alarms 要小于 most")
        return self


class Delivery(Preset):
    """How messages leave: the order of channels, when they rest, how often they are tried again."""

    channels: tuple[str, ...] = Field(min_length=1)
    repeats_are_safe: frozenset[str]
    lease_seconds: int = Field(ge=30, le=600)
    retry_seconds: tuple[int, ...] = Field(min_length=1, max_length=10)
    doubt_seconds: int = Field(ge=0, le=60)
    wait_for_lane_minutes: int = Field(ge=0)
    probe_seconds: int = Field(ge=1)
    misconfigured_minutes: int = Field(ge=1)
    template_rest_minutes: int = Field(ge=1)
    give_up_hours: int = Field(ge=1)
    keep_days: int = Field(ge=30)
    keep_inbound_days: int = Field(ge=1)
    quiet_hours: QuietHours
    noise: Noise


class BroadcastLimits(Preset):
    """How people are told: how long, how often, how many in one go, who counts, what an audience is called."""

    letters: int = Field(ge=20, le=500)
    most_a_day: int = Field(ge=1, le=50)
    urgent_a_day: int = Field(ge=0, le=50)
    adult_age: int = Field(ge=0, le=100)
    people_a_round: int = Field(ge=1, le=10_000)
    audiences: dict[Audience, str] = Field(min_length=1)


def placeholders(text: str) -> set[str]:
    """The names of the values in a text; anything but a plain name in braces is refused."""
    names = set()
    for _, name, form, conversion in Formatter().parse(text):
        if name is None:
            continue
        if not name.isidentifier() or form or conversion:
            raise ValueError(f"{{{name}}} 写法不对：花括号里只能是一个名字")
        names.add(name)
    return names


def _usual_length(text: str) -> int:
    spoken = (literal for literal, *_ in Formatter().parse(text))
    return sum(len(part.replace(" ", "")) for part in spoken) + _TYPICAL_VALUE * len(placeholders(text))


def load_all() -> dict[str, Any]:
    """Every preset of notices by its name."""
    return {
        "messages": load(Messages, FOLDER / "messages.toml"),
        "notices": load(Delivery, FOLDER / "notices.toml"),
        "broadcast": load(BroadcastLimits, FOLDER / "broadcast.toml"),
    }
