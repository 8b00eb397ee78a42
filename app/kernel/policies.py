"""Policies that records were opened under: each version of a preset file is kept, so that a record goes on by its own rules.

A file may change at any time; what runs does not. `register` keeps the files of today (`python -m app migrate` and the start of a
desk call it, a web process never does), `policy_of` gives the model of a version, from memory after the first time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import ClassVar, TypeVar

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.kernel.errors import Conflict
from app.kernel.presets import FOLDER, Preset, parse, text_of, version_of_text
from app.kernel.tables import Base

KEPT_FOLDERS = ("cases", "appraisals")
_Model = TypeVar("_Model", bound=Preset)


class KeptPreset(Base):
    """One version of one preset file, word for word."""

    __tablename__ = "kernel_preset"
    __append_only__: ClassVar = True

    kind: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[str]
    first_seen_at: Mapped[datetime] = mapped_column(server_default=func.now())


class UnknownPolicy(Conflict):
    """A version that was never registered: the operator has to run migrate."""

    code = "preset.unknown_version"
    sentence = "这类事的规则刚换了新的，还没登记好。请过几分钟再试。"


def register(db: Session | Connection, folder: Path = FOLDER) -> int:
    """Keep every preset file of today whose records are frozen to a version; answers how many were new."""
    return sum(keep(db, f"{group}/{path.stem}", text_of(path)) for group, path in _files(folder))


def keep(db: Session | Connection, kind: str, content: str) -> bool:
    """Keep one version of one preset; False when it is known."""
    row = insert(KeptPreset).values(kind=kind, version=version_of_text(content), content=content)
    return db.execute(row.on_conflict_do_nothing().returning(KeptPreset.version)).first() is not None


def policy_of(db: Session, model: type[_Model], kind: str, *, version: str) -> _Model:
    """A preset as it was in this version; `kind` names folder and file, as in `cases/errand`."""
    known = _KNOWN.get((model, kind, version))
    if known is None:
        content = db.scalar(select(KeptPreset.content).where(KeptPreset.kind == kind, KeptPreset.version == version))
        if content is None:
            raise UnknownPolicy
        known = _KNOWN[model, kind, version] = parse(model, content, name=kind)
    assert isinstance(known, model)
    return known


# A version never changes its content, so what was once read stays right for as long as the process lives.
_KNOWN: dict[tuple[type[Preset], str, str], Preset] = {}


def _files(folder: Path) -> Iterable[tuple[str, Path]]:
    return ((group, path) for group in KEPT_FOLDERS for path in sorted((folder / group).glob("*.toml")))
