"""What cases are about in the words of whoever raised them: one line each, for lists of those who may read it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domains.cases.models import Answer, Case, CaseEntry, Party
from app.domains.cases.preset.model import CaseKind
from app.domains.cases.queries.lists import kind_of, sitting_of
from app.domains.cases.rules.sight import Sitting, groups_seen, places_of
from app.kernel.access import Actor, unscoped
from app.kernel.crypto import Vault

_LETTERS = 40
_SAID_IN = frozenset({"text", "place"})


@unscoped("the cases were reached before; only the groups that the actor's places see are opened")
def first_words(db: Session, vault: Vault, *, actor: Actor, case_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """The first words of each case as far as somebody may read them; nothing for those that were only spoken."""
    cases = db.scalars(select(Case).where(Case.id.in_(case_ids))).all()
    sittings: dict[UUID, list[Sitting]] = defaultdict(list)
    for party in db.scalars(select(Party).where(Party.case_id.in_(case_ids))):
        sittings[party.case_id].append(sitting_of(party))
    opened = select(CaseEntry.id).where(CaseEntry.case_id.in_(case_ids), CaseEntry.position == 0)
    answers: dict[UUID, list[Answer]] = defaultdict(list)
    for answer in db.scalars(select(Answer).where(Answer.entry_id.in_(opened)).order_by(Answer.id)):
        answers[answer.case_id].append(answer)
    found = {}
    for case in cases:
        kind = kind_of(db, case)
        groups = groups_seen(
            kind.eyes(case.category),
            places_of(sittings[case.id], actor.person_id, actor.stands_for),
            through_area=False,
        )
        found[case.id] = _line(kind, [a for a in answers[case.id] if a.group_name in groups], vault)
    return found


@unscoped("the cases were reached before; only to be compared, and only the groups in which something is told")
def opening_words(db: Session, vault: Vault, kind: CaseKind, *, case_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """All that was written about each of these cases when it was raised, and where; nothing for those only spoken."""
    told = {key: one for key, one in kind.form[kind.opens_with].items() if one.type in _SAID_IN}
    opened = select(CaseEntry.id).where(CaseEntry.case_id.in_(case_ids), CaseEntry.position == 0)
    sealed = select(Answer).where(Answer.entry_id.in_(opened), Answer.group_name.in_({f.group for f in told.values()}))
    found: dict[UUID, str] = defaultdict(str)
    for answer in db.scalars(sealed.order_by(Answer.id)):
        values = json.loads(vault.open(f"cases_answer.body:{answer.id}", answer.body_sealed))
        found[answer.case_id] += "".join(f"{values[key]} " for key in told if key in values)
    return found


def _line(kind: CaseKind, answers: Sequence[Answer], vault: Vault) -> str:
    """The first text of the opening form, cut to a line."""
    values = {
        key: value
        for answer in answers
        for key, value in json.loads(vault.open(f"cases_answer.body:{answer.id}", answer.body_sealed)).items()
    }
    texts = (values[key] for key, one in kind.form[kind.opens_with].items() if one.type == "text" and key in values)
    said = " ".join(str(next(texts, "")).split())
    return said if len(said) <= _LETTERS else f"{said[: _LETTERS - 1]}…"
