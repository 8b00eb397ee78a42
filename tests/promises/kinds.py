"""Kinds of cases by lot: a shipped one, bent in many places, and every bend kept that the check at the start lets through."""

from __future__ import annotations

import copy
import json
import tomllib
from collections.abc import Callable
from random import Random
from typing import Any

from pydantic import ValidationError

from app.domains.cases.preset import CaseKind, World, world
from app.domains.cases.preset.checks import faults, journey_faults
from app.kernel.presets import FOLDER

OFFICES = ("member@zone", "clerk@village", "secretary@village", "agent@village", "window@town", "dispatcher@town",
           "duty_officer@county", "council@village")  # fmt: skip
Raw = dict[str, Any]
SHIPPED: dict[str, Raw] = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "cases").glob("*.toml"))
}
AROUND: World = world()


def a_kind(lot: Random, bends: int) -> tuple[Raw, CaseKind]:
    """One kind that the start would let through, as its file and as it is read."""
    raw = copy.deepcopy(SHIPPED[lot.choice(sorted(SHIPPED))])
    kind = CaseKind.model_validate(raw)
    for _ in range(bends):
        bent = copy.deepcopy(raw)
        lot.choice(BENDS)(bent, lot)
        if (read := valid(bent)) is not None:
            raw, kind = bent, read
    return raw, kind


def valid(raw: Raw) -> CaseKind | None:
    """The kind, when the check at the start has nothing against it."""
    try:
        kind = CaseKind.model_validate(raw)
    except ValidationError:
        return None
    fault = next(faults(kind, AROUND), None) or next(journey_faults(kind), None)
    return None if fault else kind


def as_toml(raw: Raw) -> str:
    """The content of a preset file."""
    return "".join(f"{key} = {_said(value)}\n" for key, value in raw.items())


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{json.dumps(k, ensure_ascii=False)} = {_said(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_said, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _ladder(raw: Raw, lot: Random) -> None:
    whos = lot.choices(OFFICES, k=lot.randint(1, 5))
    raw["ladder"] = [{"who": who, "wait": _per_level(raw, lot, most=72)} for who in whos]


def _per_level(raw: Raw, lot: Random, *, most: int) -> dict[str, int]:
    return {level: lot.randint(1, most) for level in raw["levels"]}


def _route(raw: Raw, lot: Random) -> None:
    lot.choice(list(raw["category"].values()))["route"] = lot.choices(OFFICES, k=lot.randint(1, 3))


def _without(raw: Raw, lot: Random) -> None:
    lot.choice(list(raw["category"].values()))["without"] = lot.choices(OFFICES, k=lot.randint(0, 2))


def _again(raw: Raw, lot: Random) -> None:
    raw["again"] = _per_level(raw, lot, most=48)


def _clock(raw: Raw, lot: Random) -> None:
    clock = lot.choice(list(raw["clock"].values()))
    changes: list[Raw] = [
        {"unit": lot.choice(["hours", "working_days", "calendar_days"])},
        {"due": _per_level(raw, lot, most=20)},
        {"from": lot.choice(["stage", "opened"])},
        {"keeps": lot.choice([True, False])},
        {"stops_in": lot.sample(list(raw["stage"]), lot.randint(0, 3))},
        {"on_due": lot.choice(["climb", *(f"move:{name}" for name in raw["move"])])},
        {"remind": sorted(lot.sample(range(1, 101), lot.randint(0, 3)))},
    ]
    clock.update(lot.choice(changes))


def _stage(raw: Raw, lot: Random) -> None:
    stage = lot.choice([one for one in raw["stage"].values() if "clock" in one])
    stage.update(lot.choice([{"clock": lot.choice(list(raw["clock"]))}, {"waits_on": lot.choice(list(raw["party"]))}]))


def _less(raw: Raw, lot: Random) -> None:
    del raw["move"][lot.choice(list(raw["move"]))]


def _ways(raw: Raw, lot: Random) -> None:
    move = lot.choice(list(raw["move"].values()))
    changes: list[Raw] = [
        {"from": [*move["from"], lot.choice(list(raw["stage"]))]},
        {"to": lot.choice(["same", *raw["stage"]])},
        {"by": [*move["by"], lot.choice(["clock", "supervisor", *raw["party"]])]},
        {"does": lot.sample(move.get("does", []), max(0, len(move.get("does", [])) - 1))},
        {"does": [*move.get("does", []), lot.choice(["climb", *(f"restart:{c}" for c in raw["clock"])])]},
    ]
    move.update(lot.choice(changes))


def _word(raw: Raw, lot: Random) -> None:
    raw["close"] = {"word_of": lot.sample(list(raw["party"]), lot.randint(1, 3))}


BENDS: tuple[Callable[[Raw, Random], None], ...] = (
    _ladder, _route, _without, _again, _clock, _clock, _clock, _clock, _stage, _less, _ways, _ways, _ways, _word,
)  # fmt: skip
