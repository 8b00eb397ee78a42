"""What was written in the forms of a case, as a phone shows it: each field by its name, offices and persons in words, files by their ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.areas import queries as areas
from app.domains.cases.preset.model import CaseKind, FormField
from app.domains.cases.queries import Said
from app.kernel.crypto import Vault
from app.kernel.values import mask_name
from app.web.forms import Shape
from miniprogram_api.cases import office_name

_REASON = FormField(name="原因", type="text")


class AnsweredShape(Shape):
    """One answered field: its name, and what was said in words or in files."""

    key: str
    name: str
    type: str
    text: str
    file_ids: list[UUID]


class SaidShape(Shape):
    """What was written in a form, as far as one may see it."""

    form: str
    values: dict[str, Any]
    lines: list[AnsweredShape] = Field(description="按表里的顺序，能直接念给人听")


class Reader:
    """Turns what was written in the cases of one kind into lines; persons are looked up once."""

    def __init__(self, kind: CaseKind, names: Mapping[UUID, str]) -> None:
        self._kind = kind
        self._names = names

    def read(self, said: Sequence[Said]) -> list[SaidShape]:
        """The forms of one entry."""
        return [SaidShape(form=one.form, values=dict(one.values), lines=self._lines(one)) for one in said]

    def _lines(self, said: Said) -> list[AnsweredShape]:
        fields = self._kind.form.get(said.form, {"reason": _REASON})
        return [self._line(key, fields[key], said.values[key]) for key in fields if key in said.values]

    def _line(self, key: str, one: FormField, value: Any) -> AnsweredShape:
        is_file = one.type in {"voice", "photos"}
        ids = [UUID(each) for each in (value if isinstance(value, list) else [value])] if is_file else []
        text = "" if is_file else self._text(one, value)
        return AnsweredShape(key=key, name=one.name, type=one.type, text=text, file_ids=ids)

    def _text(self, one: FormField, value: Any) -> str:
        if one.type == "person":
            return mask_name(self._names.get(UUID(value), ""))
        if one.type in {"unit", "units"}:
            return "、".join(office_name(each) for each in (value if isinstance(value, list) else [value]))
        if one.type == "case":
            return "另一件事"
        return "、".join(value) if isinstance(value, list) else str(value)


def reader_of(db: Session, vault: Vault, kind: CaseKind, *, said: Sequence[Said]) -> Reader:
    """A reader that knows the persons whom these forms name."""
    persons = {
        UUID(value)
        for one in said
        for key, value in one.values.items()
        if key in kind.form.get(one.form, {}) and kind.form[one.form][key].type == "person"
    }
    return Reader(kind, areas.names_of(db, vault, persons) if persons else {})
