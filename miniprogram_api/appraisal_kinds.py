"""What can be declared: the kinds of appraisals and their items, for the form on the phone."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response
from pydantic import Field

from app.domains.appraisals.preset import AppraisalKind
from app.domains.identity.preset import Role
from app.web.answers import answer
from app.web.forms import Shape
from app.web.routes import blueprint, needs, runtime

api = blueprint("appraisal_kinds", "善行和文明户")


class ItemShape(Shape):
    """One item that can be declared."""

    key: str
    name: str
    points: tuple[int, int]
    cap: int | None
    per: str
    needs_photo: bool


class AppraisalKindShape(Shape):
    """One kind as the client asks for it."""

    key: str
    name: str
    declare_by: list[str]
    items_most: int
    backdate_days: int
    gives: str
    is_yearly: bool = Field(description="一年一次")
    check_by: str = Field(description="谁先看一遍")
    check_working_days: int | None
    trial_days: int | None
    trial_looks: int
    panel_size: int = Field(description="抽几个人评")
    panel_least_yes: int = Field(description="几个人同意才算数")
    panel_working_days: int
    publish_days: int
    objection_working_days: int
    items: list[ItemShape]


class AppraisalKindsShape(Shape):
    """Every kind that this city runs."""

    kinds: list[AppraisalKindShape]


@api.get("/appraisals/kinds", summary="能申报什么", responses={200: AppraisalKindsShape})
@needs("appraisals.read")
def kinds() -> Response:
    """The kinds and their items, for the form."""
    found: Mapping[str, AppraisalKind] = runtime().presets["appraisals"]
    return answer(AppraisalKindsShape(kinds=[_kind(key, kind) for key, kind in found.items()]), etag=True)


def _kind(key: str, kind: AppraisalKind) -> AppraisalKindShape:
    return AppraisalKindShape(
        key=key,
        name=kind.name,
        declare_by=sorted(kind.declare_by),
        items_most=kind.items_most,
        backdate_days=kind.backdate_days,
        gives=kind.gives.what,
        is_yearly=kind.period == "year",
        check_by=_office(kind.check.by) if kind.check else "",
        check_working_days=kind.check.working_days if kind.check else None,
        trial_days=kind.trial.days if kind.trial else None,
        trial_looks=kind.trial.looks if kind.trial else 0,
        panel_size=kind.panel.draw,
        panel_least_yes=kind.panel.least_yes,
        panel_working_days=kind.panel.working_days,
        publish_days=kind.publish.days,
        objection_working_days=kind.objection.working_days,
        items=[
            ItemShape(
                key=name,
                name=item.name,
                points=item.points,
                cap=item.cap,
                per=item.per,
                needs_photo="photo" in item.evidence,
            )
            for name, item in kind.item.items()
        ],
    )


def _office(office: str) -> str:
    """What people call an office: clerk@village is the 村文书."""
    roles: Mapping[str, Role] = runtime().presets["roles"]
    return roles[office.partition("@")[0]].name
