"""Errands of the demo village: one fresh, one at the office in town, one whose papers are back, one done."""

from __future__ import annotations

from collections.abc import Iterator

from app.demo.then import Stage, Story
from app.demo.whistles import Raised, opened

_PAPERS = ["身份证", "户口本", "两张一寸照片"]


def errands(stage: Stage) -> Iterator[Story]:
    """All of them; the clerk is the village's agent."""
    yield _fresh(stage)
    yield _at_the_office(stage)
    yield _back(stage)
    yield _done(stage)


def _asked(stage: Stage, who: str, category: str, *, text: str, whom: str = "") -> Raised:
    person = str(stage.players[whom or who].person_id)
    return opened(stage, who, category, kind="errand", who=person, text=text)


def _begun(case: Raised) -> None:
    """The agent takes it on, and the papers with it."""
    case.go("clerk", "accept")
    case.go("clerk", "take", list=_PAPERS)


def _fresh(stage: Stage) -> Story:
    yield stage.ago(hours=3)
    _asked(stage, "villager", "medical", text="慢病卡要年审，腿脚不便，去不了镇里")


def _at_the_office(stage: Stage) -> Story:
    """The member asks for an elder of his zone; the agent hears her yes first."""
    yield stage.days_ago(5, 9)
    case = _asked(stage, "member", "pension", text="老人的养老金认证没做，怕停发", whom="neighbour08")
    yield stage.days_ago(5, 11)
    case.go("clerk", "agree", how="当面说的，有人在场")
    _begun(case)
    yield stage.days_ago(4, 10)
    case.go("clerk", "wait")


def _back(stage: Stage) -> Story:
    yield stage.days_ago(8, 9)
    case = _asked(stage, "neighbour09", "papers", text="身份证到期了，想请人带着去办")
    yield stage.days_ago(8, 15)
    _begun(case)
    yield stage.days_ago(7, 9)
    case.go("clerk", "wait")
    yield stage.days_ago(2, 10)
    case.go("clerk", "got")
    yield stage.days_ago(2, 16)
    case.go("clerk", "hand", list=_PAPERS)


def _done(stage: Stage) -> Story:
    yield stage.days_ago(30, 9)
    case = _asked(stage, "villager", "other", text="想把儿子寄的包裹从镇上捎回来")
    yield stage.days_ago(30, 10)
    _begun(case)
    yield stage.days_ago(29, 17)
    case.go("clerk", "hand", list=_PAPERS)
    yield stage.days_ago(29, 18)
    case.go("villager", "yes")
