"""The preset files of appraisals: items, offices, days and words. The order of the steps is code and cannot be changed here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from app.domains.identity.preset import load_roles
from app.kernel.presets import FOLDER, BadPreset, Preset, load, version_of

DRAWER = FOLDER / "appraisals"
_OFFICE = re.compile(r"([a-z_]+)@(village|town|county)")
_PASSES = re.compile(r"(\d{1,2})\*yes (>=|>) (\d{1,3})")
# What points and titles may never decide or stand for (国办发〔2020〕49号): a file names all of these, and no item may touch them.
NEVER = {
    "statutory_right": (
        "低保",
        "五保",
        "户口",
        "户籍",
        "宅基地",
        "入学",
        "上学",
        "学位",
        "医疗",
        "医保",
        "社保",
        "选举权",
    ),
    "fine": ("罚款", "抵扣罚", "处罚", "违约金"),
    "minor_named": ("未成年人姓名", "学生姓名"),
}


def _office(text: str) -> str:
    if not _OFFICE.fullmatch(text):
        raise ValueError(f"{text} 写法不对：要 clerk@village 这样，@ 后面是 village、town 或 county")
    return text


def _passes(text: str) -> str:
    if not _PASSES.fullmatch(text):
        raise ValueError(f"{text} 写法不对：要 2*yes > 3 这样")
    return text


Office = Annotated[str, AfterValidator(_office)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Words = Annotated[str, Field(min_length=1, max_length=60)]


class Item(Preset):
    """One thing that can be declared: its points from least to most, and the cap on what a household gets for it."""

    name: Words
    points: tuple[int, int] = (0, 0)
    cap: int | None = Field(default=None, ge=1)
    per: Literal["event", "month", "quarter", "year"] = "event"
    evidence: tuple[Literal["photo"], ...] = ()

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not 0 <= self.points[0] <= self.points[1]:
            raise ValueError("points 要从少到多写，例如 [5, 10]，不能是负数")
        if self.cap is not None and self.cap < self.points[0]:
            raise ValueError("cap 不能小于 points 里最少的那个数")
        return self


class Check(Preset):
    """Who looks first, who is told when he does not, and how long each has."""

    by: Office
    then: tuple[Office, ...] = ()
    working_days: int = Field(ge=1, le=30)


class Trial(Preset):
    """How long a household is watched before it is judged, and how often somebody must have looked in."""

    days: int = Field(ge=1, le=366)
    looks: int = Field(ge=0, le=12)
    grace_working_days: int = Field(ge=1, le=30)


class Panel(Preset):
    """From which office how many are drawn, without whom, how many must say yes, and how long each has."""

    of: Office
    draw: int = Field(ge=3, le=15)
    without: frozenset[Literal["same_household", "kin", "nominator"]]
    passes: Annotated[str, AfterValidator(_passes)]
    working_days: int = Field(ge=1, le=30)
    short_tell: tuple[Office, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _is_fair(self) -> Self:
        if self.draw % 2 == 0:
            raise ValueError(f"draw 要是单数：{self.draw} 个人可能一半对一半")
        if not {"same_household", "kin"} <= self.without:
            raise ValueError("without 一定要有 same_household 和 kin：自家人、亲戚不评自家的事")
        if not self.draw < 2 * self.least_yes <= 2 * self.draw:
            raise ValueError(f"passes 要过半数，也不能多过人数：抽 {self.draw} 人，要写 2*yes > {self.draw} 这样")
        return self

    @property
    def least_yes(self) -> int:
        """The smallest number of yes votes that passes."""
        found = _PASSES.fullmatch(self.passes)
        assert found
        factor, bound = int(found[1]), int(found[3])
        if factor == 0:
            return 0
        return bound // factor + 1 if found[2] == ">" else -(-bound // factor)


class Publish(Preset):
    """For how many calendar days all may see it, and whose names are whole: outside the village they never are."""

    days: int = Field(ge=1, le=60)
    names: Literal["village", "with_consent", "masked"]


class Objection(Preset):
    """By whom an objection is answered, within how many working days, and who is told when it is not."""

    answered_by: Literal["panel"] | Office
    working_days: int = Field(ge=1, le=30)
    late_tell: tuple[Office, ...] = Field(min_length=1)
    reasons: dict[Key, Words] = Field(min_length=1)


class Gives(Preset):
    """What it brings: points for the household, or a title for some months."""

    what: Literal["points", "star"]
    months: int | None = Field(default=None, ge=1, le=120)

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if (self.what == "star") != (self.months is not None):
            raise ValueError("what 是 star 时要写 months（管几个月）；是 points 时不写")
        return self


class Refusal(Preset):
    """A reason for a no: what it is called, and what would help next time."""

    name: Words
    help: Words


class AppraisalKind(Preset):
    """One kind of appraisal."""

    name: Words
    declare_by: frozenset[Literal["villager", "neighbour", "member"]] = Field(min_length=1)
    period: Literal["any", "year"] = "any"
    backdate_days: int = Field(ge=0, le=366)
    items_most: int = Field(ge=1, le=10)
    photos_alike_bits: int = Field(ge=0, le=12)
    never: frozenset[str]
    check: Check | None = None
    trial: Trial | None = None
    panel: Panel
    publish: Publish
    objection: Objection
    gives: Gives
    item: dict[Key, Item] = Field(min_length=1)
    praise: dict[Key, Words] = Field(min_length=1)
    refusal: dict[Key, Refusal] = Field(min_length=1)
    recusal: dict[Key, Words] = Field(min_length=1)
    version: str = ""

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if missing := NEVER.keys() ^ self.never:
            raise ValueError(f"never 要正好写全 {'、'.join(NEVER)}，对不上的是 {'、'.join(sorted(missing))}")
        for key, item in self.item.items():
            self._check_item(key, item)
        if self.gives.what == "points" and self.items_most != 1:
            raise ValueError("gives 是 points 时 items_most 要是 1：一件事一件事地评")
        return self

    def _check_item(self, key: str, item: Item) -> None:
        if touched := [word for words in NEVER.values() for word in words if word in item.name]:
            raise ValueError(f"item.{key}.name 碰了不能碰的：{'、'.join(touched)}。积分和荣誉不能和这些挂钩")
        if (item.points[1] > 0) != (self.gives.what == "points"):
            raise ValueError(f"item.{key}.points：gives 是 points 时至少 1 分，是 star 时不写分")

    def offices(self) -> dict[str, str]:
        """Every office that the file names, by its key."""
        found = {"panel.of": self.panel.of}
        lists = {"panel.short_tell": self.panel.short_tell, "objection.late_tell": self.objection.late_tell}
        if self.check:
            found["check.by"] = self.check.by
            lists["check.then"] = self.check.then
        if self.objection.answered_by != "panel":
            found["objection.answered_by"] = self.objection.answered_by
        return found | {f"{key}.{n}": office for key, offices in lists.items() for n, office in enumerate(offices)}


def load_kind(path: Path) -> AppraisalKind:
    """One kind with the version of its file; every office it names must be a role."""
    kind = load(AppraisalKind, path)
    roles = load_roles()
    for key, office in kind.offices().items():
        if office.partition("@")[0] not in roles:
            raise BadPreset(f"{path.name}：{key}：没有 {office} 这个角色，可以用 {'、'.join(sorted(roles))}")
    return kind.model_copy(update={"version": version_of(path)})


def load_all() -> dict[str, Any]:
    """Every kind of appraisal by its file's name."""
    return {"appraisals": {path.stem: load_kind(path) for path in sorted(DRAWER.glob("*.toml"))}}
