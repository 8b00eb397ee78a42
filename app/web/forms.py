"""What comes in and what goes out: strict forms, plain shapes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from app.kernel.values import has_hidden_characters, plain

_MOST_LETTERS = 20_000
_MOST_FIELDS = 60
# A moment that can be reckoned with in every time zone; who sends another has no clock.
Moment = Annotated[AwareDatetime, Field(ge=datetime(2000, 1, 1, tzinfo=UTC), le=datetime(2100, 1, 1, tzinfo=UTC))]


class Form(BaseModel):
    """A body or a query: unknown fields are refused, texts are composed (NFC), trimmed and free of hidden characters."""

    model_config = ConfigDict(extra="forbid", str_max_length=_MOST_LETTERS)

    @model_validator(mode="before")
    @classmethod
    def _few(cls, told: Any) -> Any:
        if isinstance(told, dict) and len(told) > _MOST_FIELDS:
            raise ValueError  # before each of them becomes an error of its own
        return told

    @field_validator("*", mode="before")
    @classmethod
    def _clean(cls, value: Any) -> Any:
        return _cleaned(value)

    @classmethod
    def model_json_schema(cls, *args: Any, **how: Any) -> dict[str, Any]:
        """The form's schema; the plain one is built once, because flask-openapi3 asks for it on every request."""
        return super().model_json_schema(*args, **how) if args or how else _plain_schema(cls)


@cache
def _plain_schema(form: type[Form]) -> dict[str, Any]:
    return super(Form, form).model_json_schema()


def _cleaned(value: Any) -> Any:
    """Texts, and texts in lists and maps; what lies deeper has a form of its own, or is refused."""
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, list):
        return [_cleaned_text(one) if isinstance(one, str) else one for one in value]
    if isinstance(value, dict):
        if len(value) > _MOST_FIELDS:
            raise ValueError
        return {_cleaned_text(key): _cleaned_text(one) if isinstance(one, str) else one for key, one in value.items()}
    return value


def _cleaned_text(text: str) -> str:
    if len(text) > _MOST_LETTERS:
        return text  # is refused for its length
    if has_hidden_characters(text):
        raise ValueError("文字里有看不见的控制字符，请删掉再送")
    return plain(text)


@cache
def field_names() -> frozenset[str]:
    """Every name that a form of ours has; asked when the first form is wrong, so all faces are there."""
    return frozenset(_names(Form))


def _names(form: type[Form]) -> Iterator[str]:
    yield from form.model_fields
    for narrower in form.__subclasses__():
        yield from _names(narrower)


class Shape(BaseModel):
    """An answer; only what is named here leaves the house."""

    model_config = ConfigDict(extra="forbid")


class ErrorShape(Shape):
    """Every refusal looks like this."""

    code: str = Field(description="稳定的代码，程序认它")
    message: str = Field(description="给人看的一句话")
    field: str | None = Field(default=None, description="哪一项要改")
    ref: str | None = Field(default=None, description="出了故障时的编号，报给管理员")
