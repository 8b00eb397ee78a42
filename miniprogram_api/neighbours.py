"""Whom to praise: a neighbour of one's own village, found by the whole name that one knows already."""

from __future__ import annotations

from uuid import UUID

from flask import Response
from pydantic import Field

from app.domains.appraisals import queries
from app.domains.identity import actions as identity
from app.kernel.transaction import reading, transaction
from app.web.answers import answer
from app.web.forms import Form, Shape
from app.web.routes import actor, blueprint, needs, runtime

api = blueprint("neighbours", "善行和文明户")


class NeighbourForm(Form):
    """The whole name; it stands in the body, because addresses are logged."""

    name: str = Field(min_length=2, max_length=40, description="全名", repr=False)


class NeighbourShape(Shape):
    """Somebody of that name, and where he lives."""

    person_id: UUID
    household_id: UUID
    group_name: str


class NeighboursShape(Shape):
    """Everybody of the village who has that name."""

    found: list[NeighbourShape]


@api.post("/appraisals/neighbours", summary="夸谁家：按全名找本村的人", responses={200: NeighboursShape})
@needs("appraisals.nominate")
def find(body: NeighbourForm) -> Response:
    """Grown-up people of one's own village with exactly this name, without anything that one did not know."""
    here = runtime()
    with transaction(here, actor()) as tx:
        identity.admit_name(tx)
    with reading(here) as db:
        found = queries.neighbours_named(db, here.vault, actor(), name=body.name, now=here.clock.now())
    return answer(NeighboursShape(found=[NeighbourShape(**one._asdict()) for one in found]))
