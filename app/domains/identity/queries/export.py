"""Everything that is kept about one person, over all tables, for the person.

The tables are walked through the metadata, so a table that is added later is in the copy from its first day. A row is
the person's own when one of its owner columns names the person or an account; a row in which the person only acted (as
visitor, keeper, decider) is listed with what is sealed in it left closed: it holds other people's data.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, ColumnElement, LargeBinary, Table, Uuid, or_, select
from sqlalchemy.orm import Session

from app.kernel.crypto import BrokenSeal, Vault
from app.kernel.tables import metadata

_OWNERS = frozenset({"person_id", "account_id", "owner_id", "author_id", "about_person_id"})
_SECRET = frozenset({"identity_staff", "identity_session"})
_SEALED = "_sealed"
CLOSED = "（这是别人的内容，不在这里打开）"


class Whose(NamedTuple):
    """The ids under which somebody is kept."""

    person_id: UUID | None
    account_ids: tuple[UUID, ...]
    household_id: UUID | None

    @property
    def own(self) -> list[UUID]:
        """Ids that name the person."""
        return [*self.account_ids, *([self.person_id] if self.person_id else [])]


def rows_about(db: Session, vault: Vault, whose: Whose) -> dict[str, list[dict[str, Any]]]:
    """The rows of every table that are about a person, ready for JSON."""
    copy: dict[str, list[dict[str, Any]]] = {}
    owned: dict[str, set[UUID]] = {}
    for table in metadata.sorted_tables:
        rows = list(_rows(db, table, whose, owned=owned))
        if rows:
            copy[str(table.name)] = [_readable(vault, table, row, is_own=is_own) for row, is_own in rows]
            owned[table.name] = {row["id"] for row, is_own in rows if is_own and "id" in row}
    return copy


def _rows(
    db: Session, table: Table, whose: Whose, *, owned: Mapping[str, set[UUID]]
) -> Iterator[tuple[Mapping[str, Any], bool]]:
    mine, acting = list(_owning(table, whose, owned)), list(_acting(table, whose))
    if not mine and not acting:
        return
    own = or_(*mine) if mine else None
    columns = [*table.columns, *([own.label("_own")] if own is not None else [])]
    for row in db.execute(select(*columns).where(or_(*mine, *acting))).mappings():
        yield {c.name: row[c] for c in table.columns}, bool(own is not None and row["_own"])


def _owning(table: Table, whose: Whose, owned: Mapping[str, set[UUID]]) -> Iterator[ColumnElement[bool]]:
    if table.name in {"areas_person", "identity_account"}:
        yield table.c.id.in_(whose.own)
        return
    named = [c for c in table.columns if c.name in _OWNERS]
    yield from (c.in_(whose.own) for c in named)
    if not named and whose.household_id is not None:
        yield from (c == whose.household_id for c in table.columns if _is_household(c))
    if not named:
        yield from _below(table, owned)


def _is_household(column: Column[Any]) -> bool:
    return column.name == "household_id" or str(column) == "areas_household.id"


def _below(table: Table, owned: Mapping[str, set[UUID]]) -> Iterator[ColumnElement[bool]]:
    """Rows that hang on a row of the person's own: the pictures of a visit, the tries of a message."""
    for key in table.foreign_keys:
        parent = key.column.table.name
        if not parent.startswith("areas_") and owned.get(parent):
            yield key.parent.in_(owned[parent])


def _acting(table: Table, whose: Whose) -> Iterator[ColumnElement[bool]]:
    """Every other column that could name the person; ids are unique over all tables, so nothing else matches."""
    if table.name in {"areas_person", "identity_account"}:
        return
    yield from (c.in_(whose.own) for c in table.columns if isinstance(c.type, Uuid) and c.name not in _OWNERS)


def _readable(vault: Vault, table: Table, row: Mapping[str, Any], *, is_own: bool) -> dict[str, Any]:
    told = {}
    for column in table.columns:
        value = row[column.name]
        if column.name.endswith(_SEALED) and table.name not in _SECRET:
            name = column.name.removesuffix(_SEALED)
            told[str(name)] = _opened(vault, f"{table.name}.{name}:{row.get('id')}", value) if is_own else CLOSED
        elif not isinstance(column.type, LargeBinary) and column.name != "password_hash":
            told[str(column.name)] = _plain(value)
    return told


def _opened(vault: Vault, context: str, sealed: bytes | None) -> str | None:
    if sealed is None:
        return None
    try:
        return vault.open(context, sealed)
    except BrokenSeal:
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
