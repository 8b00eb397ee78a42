"""What must hold of a kind of case beyond the form of its file; a fault stops the start with key and what is allowed.

That every stage waits on somebody by some clock, that whoever is waited on is surely there and can do something, that every stage
is reached and can end: so no case of a kind that passes can be forgotten.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from app.domains.cases.preset import words
from app.domains.cases.preset.model import CaseKind, Clock, Move, Party
from app.domains.cases.preset.words import AREA, CLOCK, PURPOSES, SAME, STAGE_GROUP, SUPERVISOR, TIMELINE_GROUP, URGED

_WITHOUT = ("kin", "same_zone")
_NUMBER_PARTS = {"year", "town", "serial"}
_MARKS_IN_NUMBER = re.compile(r"\{([^}]*)\}")
Faults = Iterator[str]


class World(NamedTuple):
    """What a kind of case refers to beside itself: the roles there are, and the messages with what each says."""

    roles: Collection[str]
    templates: Mapping[str, AbstractSet[str]]


def faults(kind: CaseKind, world: World) -> Faults:
    """Everything wrong with a kind, each with its key and what is allowed."""
    yield from _names(kind, world)
    yield from _levels(kind)
    yield from _categories(kind, world)
    yield from _parties(kind, world)
    yield from _stages(kind)
    for name, clock in kind.clock.items():
        yield from _clock(kind, name, clock)
    for name, move in kind.move.items():
        yield from _move(kind, name, move)
    yield from _ladder(kind, world)
    yield from _forms(kind, world)
    yield from _eyes(kind)
    yield from _tasks(kind)
    yield from _messages(kind, world)
    yield from _closing(kind)


def journey_faults(kind: CaseKind) -> Faults:
    """What is wrong with the ways through a kind whose names are all right."""
    yield from _ways(kind)
    yield from _presence(kind)
    yield from _custody(kind)


def _known(key: str, said: Collection[str], allowed: Collection[str]) -> Faults:
    for one in said:
        if one not in allowed:
            yield f"{key}：“{one}”没有定义，可以写 {'、'.join(sorted(allowed)) or '（还没有）'}"


def _names(kind: CaseKind, world: World) -> Faults:
    yield from _known("opens_in", [kind.opens_in], kind.stage)
    yield from _known("opens_with", [kind.opens_with], kind.form)
    yield from _known("open_by", kind.open_by, world.roles)
    parts = _MARKS_IN_NUMBER.findall(kind.number)
    yield from _known("number", [part for part in parts if part not in _NUMBER_PARTS], [])
    for part in sorted({"serial", "town", "year"} - set(parts)):
        yield f"number：要有 {{{part}}}，编号才不会重复，可以写 {{year}}、{{town}}、{{serial}}"


def _levels(kind: CaseKind) -> Faults:
    if len(set(kind.levels)) != len(kind.levels):
        yield "levels：有重复的级别，每个只写一次"
    yield from _known("alarms", kind.alarms, kind.levels)
    yield from _per_level("again", kind.again, kind)


def _per_level(key: str, figures: Collection[str], kind: CaseKind) -> Faults:
    if set(figures) != set(kind.levels):
        yield f"{key}：每个级别一个数，要写 {'、'.join(kind.levels)}"


def _offices(key: str, said: Collection[str], world: World) -> Faults:
    for one in said:
        found = words.office(one)
        if found is None or (one != words.ZONE_OFFICE and found.level not in words.LEVELS_OF_OFFICES):
            yield f"{key}：“{one}”不是岗位，可以写 member@zone，或 角色@village、@town、@county"
        elif one != words.ZONE_OFFICE and found.role not in world.roles:
            yield f"{key}：没有“{found.role}”这个角色，可以写 {'、'.join(sorted(world.roles))}"


def _categories(kind: CaseKind, world: World) -> Faults:
    yield from _known("words", kind.words, kind.category)
    yield from _known("usual", [kind.usual] if kind.usual else [], kind.category)
    for name, category in kind.category.items():
        yield from _known(f"category.{name}.level", [category.level], kind.levels)
        yield from _offices(f"category.{name}.route", category.route, world)
        yield from _offices(f"category.{name}.without", category.without, world)
        if category.see == "see_strict" and not kind.see_strict:
            yield f"category.{name}.see：文件里没有 see_strict，可以写 see"


def _parties(kind: CaseKind, world: World) -> Faults:
    for name, party in kind.party.items():
        key, found = f"party.{name}.fill", words.fill(party.fill)
        if name in {AREA, SUPERVISOR, CLOCK}:
            yield f"party.{name}：这个名字引擎自己要用，请换一个"
        if found is None:
            yield f"{key}：“{party.fill}”不认识，可以写 opener、route、field:表.项、draw:角色"
        elif found.way == "draw":
            yield from _known(key, [found.office], world.roles)
            yield from _known(f"party.{name}.without", party.without, {*kind.party, *_WITHOUT})
        elif found.way == "field":
            yield from _known(key, [found.form], kind.form)
            fields = kind.form.get(found.form, {})
            yield from _known(
                key, [found.field], [n for n, f in fields.items() if f.type in {"person", "unit", "units"}]
            )
    for way in ("opener", "route"):
        if sum(party.fill == way for party in kind.party.values()) != 1:
            yield f'party：要有一个、也只有一个 fill = "{way}"'


def _stages(kind: CaseKind) -> Faults:
    for name, stage in kind.stage.items():
        key = f"stage.{name}"
        if stage.outcome is not None:
            if stage.waits_on or stage.clock:
                yield f"{key}：结束的阶段不等人，删去 waits_on 和 clock"
            continue
        if not stage.waits_on or not stage.clock:
            yield f"{key}：没结束的阶段要写等谁（waits_on）、按哪个时限（clock）"
            continue
        yield from _known(f"{key}.waits_on", [stage.waits_on], kind.party)
        yield from _known(f"{key}.clock", [stage.clock], kind.clock)
        if name in getattr(kind.clock.get(stage.clock), "stops_in", ()):
            yield f"{key}.clock：{stage.clock} 在这个阶段是停的（stops_in），就没有时限了，请换一个"
        if not any(name in m.from_ and stage.waits_on in m.by for m in kind.move.values()):
            yield f"{key}.waits_on：等的是 {stage.waits_on}，可这个阶段没有他能做的 move"
    if getattr(kind.stage.get(kind.opens_in), "outcome", None):
        yield "opens_in：不能一开始就是结束的阶段"


def _move(kind: CaseKind, name: str, move: Move) -> Faults:
    key = f"move.{name}"
    yield from _known(f"{key}.from", move.from_, kind.stage)
    yield from _known(f"{key}.to", [move.to], {*kind.stage, SAME})
    yield from _known(f"{key}.by", move.by, {*kind.party, CLOCK, SUPERVISOR})
    yield from _known(f"{key}.form", [move.form] if move.form else [], kind.form)
    if CLOCK in move.by and not any(c.on_due == f"move:{name}" for c in kind.clock.values()):
        yield f"{key}.by：没有时限的 on_due 是 move:{name}，时钟不会来做"
    for one in move.needs:
        yield from _need(kind, f"{key}.needs", one, move=move)
    for one in move.does:
        yield from _deed(kind, f"{key}.does", one, move=move)


def _need(kind: CaseKind, key: str, said: str, *, move: Move) -> Faults:
    verb = words.word(said).verb
    if verb not in words.NEEDS:
        yield from _known(key, [said], words.NEEDS)
        return
    fields = kind.form.get(move.form or "", {})
    if verb in {"reason", "basis"} and not (verb in fields and fields[verb].required):
        yield f"{key}：{verb} 要求表单里有必填的 {verb}"
    if verb == "next_unit" and not any(f.type == "unit" and f.required for f in fields.values()):
        yield f'{key}：next_unit 要求表单里有必填的、type = "unit" 的一项'
    if verb == "all_back" and "hand_back" not in move.does:
        yield f"{key}：all_back 数的是交还的材料，does 里要有 hand_back"
    if verb == "within" and not all(getattr(kind.stage.get(s), "outcome", None) for s in move.from_):
        yield f"{key}：within 从结束那天算起，from 只能是结束的阶段"
    yield from _about(kind, key, said, expected=words.NEEDS[verb])


def _about(kind: CaseKind, key: str, said: str, *, expected: str) -> Faults:
    about = words.word(said).about
    places: dict[str, Collection[str]] = {"party": kind.party, "clock": kind.clock, "task": kind.task}
    if expected in places:
        yield from _known(f"{key}（{said}）", [about], places[expected])
    elif expected and not words.fits(expected, about):
        yield f"{key}：“{said}”的数字不对，可以写 {'within:30d' if expected == 'days' else 'times:2'} 这样"
    elif not expected and about:
        yield f"{key}：“{said}”后面不用再写什么，可以写 {words.word(said).verb}"


def _deed(kind: CaseKind, key: str, said: str, *, move: Move) -> Faults:
    verb, about = words.word(said)
    if verb not in words.DOES:
        yield from _known(key, [said], words.DOES)
        return
    yield from _about(kind, key, said, expected=words.DOES[verb])
    fields = kind.form.get(move.form or "", {})
    if verb == "draw" and about in kind.party and not kind.party[about].fill.startswith("draw:"):
        yield f"{key}：“{said}”抽的人，party.{about}.fill 要是 draw:角色"
    if verb == "task" and about in kind.task and not kind.task[about].due.startswith(f"field:{move.form}."):
        yield f"{key}：“{said}”的日子要在这个 move 的表单里，task.{about}.due 可以写 field:{move.form}.项"
    if verb == "merge" and not any(f.type == "case" and f.required for f in fields.values()):
        yield f'{key}：merge 要求表单里有必填的、type = "case" 的一项'
    if verb in {"receipt", "take_in", "hand_back"} and not any(f.type == "papers" for f in fields.values()):
        yield f'{key}：{verb} 要求表单里有 type = "papers" 的一项'


def _clock(kind: CaseKind, name: str, clock: Clock) -> Faults:
    key = f"clock.{name}"
    yield from _per_level(f"{key}.due", clock.due, kind)
    yield from _known(f"{key}.stops_in", clock.stops_in, kind.stage)
    if list(clock.remind) != sorted(set(clock.remind)):
        yield f"{key}.remind：从小到大写，不重复，如 [50, 80, 100]"
    if clock.extend:
        yield from _known(f"{key}.extend.by", [clock.extend.by], {*kind.party, SUPERVISOR})
    using = [n for n, stage in kind.stage.items() if stage.clock == name]
    if not using:
        yield f"{key}：没有阶段用它，请删去，或在 stage 的 clock 里写上"
    if clock.on_due == "climb":
        return
    verb, about = words.word(clock.on_due)
    if verb != "move":
        yield f"{key}.on_due：“{clock.on_due}”不认识，可以写 climb 或 move:名字"
        return
    by_clock = {n for n, move in kind.move.items() if CLOCK in move.by}
    yield from _known(f"{key}.on_due", [about], by_clock)
    if about in by_clock and not set(using) <= set(kind.move[about].from_):
        yield f"{key}.on_due：move.{about}.from 里要有用这个时限的阶段 {'、'.join(using)}"


def _ladder(kind: CaseKind, world: World) -> Faults:
    for step, rung in enumerate(kind.ladder):
        yield from _offices(f"ladder.{step}.who", [rung.who], world)
        is_last = step == len(kind.ladder) - 1
        if not is_last or rung.wait:
            yield from _per_level(f"ladder.{step}.wait", rung.wait, kind)


def _forms(kind: CaseKind, world: World) -> Faults:
    for form, fields in kind.form.items():
        for name, field in fields.items():
            key = f"form.{form}.{name}"
            if (field.type in {"choice", "unit", "units"}) != bool(field.choices):
                yield f"{key}.choices：choice、unit、units 要写有哪些可选，别的类型不写"
            if field.type in {"unit", "units"}:
                yield from _offices(f"{key}.choices", field.choices, world)
            if field.group in {STAGE_GROUP, TIMELINE_GROUP}:
                yield f"{key}.group：{field.group} 是引擎自己的组，请换一个"


def _eyes(kind: CaseKind) -> Faults:
    groups = {field.group for fields in kind.form.values() for field in fields.values()}
    for table in ("see", "see_strict"):
        eyes: dict[str, tuple[str, ...]] = getattr(kind, table)
        for audience, seen in eyes.items():
            yield from _known(table, [audience], {*kind.party, AREA, SUPERVISOR})
            yield from _known(f"{table}.{audience}", seen, {*groups, STAGE_GROUP, TIMELINE_GROUP})
        for group in sorted(groups - {g for seen in eyes.values() for g in seen}) if eyes else []:
            yield f"{table}：{group} 组没有人看得见，请写给该看的人"
        acting = {party for move in kind.move.values() for party in move.by} - {CLOCK}
        for party in sorted(acting - {a for a, seen in eyes.items() if STAGE_GROUP in seen}) if eyes else []:
            yield f"{table}.{party}：他要办事，至少要看得见 stage"
    if AREA in kind.see_strict:
        yield "see_strict.area：严格的一类只给办事的人看，不能写 area"


def _tasks(kind: CaseKind) -> Faults:
    for name, task in kind.task.items():
        key, place = f"task.{name}", words.fill(task.due)
        yield from _known(f"{key}.owner", [task.owner], kind.party)
        yield from _known(f"{key}.made_by", [task.made_by], kind.move)
        yield from _known(f"{key}.done_by", task.done_by, kind.move)
        dates = [f"field:{f}.{n}" for f, fields in kind.form.items() for n, x in fields.items() if x.type == "date"]
        if place is None or task.due not in dates:
            yield f"{key}.due：“{task.due}”不是日期，可以写 {'、'.join(dates) or '（表单里还没有 date）'}"
        if task.made_by in kind.move and f"task:{name}" not in kind.move[task.made_by].does:
            yield f"{key}.made_by：move.{task.made_by}.does 里要有 task:{name}"


def _messages(kind: CaseKind, world: World) -> Faults:
    purposes = (*PURPOSES, URGED) if kind.urge else PURPOSES
    yield from _known("tell", kind.tell, purposes)
    for purpose in purposes:
        if purpose not in kind.tell:
            yield f"tell：少了 {purpose}，要写 {'、'.join(purposes)}"
            continue
        template = kind.tell[purpose]
        yield from _known(f"tell.{purpose}", [template], world.templates)
        if unknown := world.templates.get(template, set()) - set(words.FACTS):
            yield f"tell.{purpose}：{template} 用到 {'、'.join(sorted(unknown))}，可以用 {'、'.join(words.FACTS)}"


def _closing(kind: CaseKind) -> Faults:
    yield from _known("urge.by", kind.urge.by if kind.urge else (), kind.party)
    yield from _known("close.word_of", kind.close.word_of, [n for n, p in kind.party.items() if _has_a_word(kind, p)])
    for name, move in kind.move.items():
        if getattr(kind.stage.get(move.to), "outcome", None) == "solved" and not set(move.by) <= set(
            kind.close.word_of
        ):
            yield f"move.{name}.by：只有 close.word_of 说了才算办好，可以写 {'、'.join(kind.close.word_of)}"


def _has_a_word(kind: CaseKind, party: Party) -> bool:
    """The villager who raised it or whom it is about, and whoever was drawn; never somebody who has it as his office."""
    found = words.fill(party.fill)
    if found is None or found.way in {"opener", "draw"}:
        return found is not None
    asked = kind.form.get(found.form, {}).get(found.field)
    return asked is not None and asked.type == "person"


# ------------------------------------------------------------------ the ways through


def _target(move: Move, stage: str) -> str:
    return stage if move.to == SAME else move.to


def _ways(kind: CaseKind) -> Faults:
    steps = [(stage, _target(move, stage)) for move in kind.move.values() for stage in move.from_]
    reached = _closure({kind.opens_in}, steps)
    ending = _closure({n for n, s in kind.stage.items() if s.outcome}, [(b, a) for a, b in steps])
    for name in kind.stage:
        if name not in reached:
            yield f'stage.{name}：从 {kind.opens_in} 走不到这里，请加一个 to = "{name}" 的 move'
        if name not in ending:
            yield f"stage.{name}：走不到结束，请加一个往结束的 move"


def _custody(kind: CaseKind) -> Faults:
    """Papers that were taken in come back before a case can end: no way to an end goes round the move that counts them."""
    taking = [m for m in kind.move.values() if "take_in" in m.does]
    free = [m for m in kind.move.values() if "all_back" not in m.needs]
    steps = [(stage, _target(move, stage)) for move in free for stage in move.from_]
    starts = {_target(move, stage) for move in taking for stage in move.from_}
    for name in sorted(n for n in _closure(starts, steps) if kind.stage[n].outcome):
        yield f'stage.{name}：收下的材料没有交还也能到这里，路上的 move 要写 needs = ["all_back"]'


def _closure(start: set[str], steps: Collection[tuple[str, str]]) -> set[str]:
    found = set(start)
    while more := {b for a, b in steps if a in found} - found:
        found |= more
    return found


def _presence(kind: CaseKind) -> Faults:
    """Whoever is waited on is surely there: named at the opening, or assigned or drawn on every way to the stage."""
    there = sure_parties(kind)
    for name, stage in kind.stage.items():
        if stage.waits_on and stage.waits_on not in there.get(name, {stage.waits_on}):
            yield f"stage.{name}.waits_on：到这里时 {stage.waits_on} 可能还没有人，路上的 move 要 assign 或 draw 他"


def sure_parties(kind: CaseKind) -> dict[str, set[str]]:
    """For each stage that is reached, the parties that somebody surely fills whichever way was taken."""
    there = {kind.opens_in: _from_the_start(kind)}
    moves = [(stage, move) for move in kind.move.values() for stage in move.from_]
    while True:
        before = {stage: set(parties) for stage, parties in there.items()}
        for stage, move in moves:
            if stage in there:
                after, target = there[stage] | _added(move), _target(move, stage)
                there[target] = there[target] & after if target in there else after
        if there == before:
            return there


def _added(move: Move) -> set[str]:
    return {words.word(one).about for one in move.does if words.word(one).verb in {"assign", "draw"}}


def _from_the_start(kind: CaseKind) -> set[str]:
    there = set()
    for name, party in kind.party.items():
        found = words.fill(party.fill)
        if found is None:
            continue
        asked = kind.form[kind.opens_with].get(found.field) if found.form == kind.opens_with else None
        if found.way in {"opener", "route"} or (asked is not None and asked.required):
            there.add(name)
    return there
