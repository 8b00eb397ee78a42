"""What is late goes up the ladder: the next rung with somebody who can be told; the empty and unreachable are passed at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.domains.cases.actions.matter import Matter
from app.domains.cases.preset.words import SUPERVISOR, ZONE_OFFICE, office
from app.domains.cases.queries import seats
from app.domains.cases.rules import LADDER, Happened, Seat, TimerKind, TimerState
from app.domains.cases.rules.ladder import SAYS, Found, Step, first_able, last_resort
from app.domains.identity.preset import Role

_ZONE_ROLE = "party_member"
LATE = "过了时间还没动"


def climb(matter: Matter, why: str = LATE) -> None:
    """Tell the next rung; above the last, those who are there are told again until somebody acts."""
    case, kind = matter.case, matter.kind
    found = first_able(seats.rungs_above(matter.tx.elsewhere, kind, case.rung, asking=matter.asking_above))
    step = found.step or _last_again(matter)
    if step is None:
        step = last_resort(found.passed)
    late = _newcomers(matter, below=case.rung, told=step)
    detail: dict[str, Any] = {"why": why, "passed": _passed(found)}
    if step is not None:
        case.rung = max(case.rung, step.rung)
        detail |= {"rung": step.rung, "office": step.office}
    matter.entry_id = matter.write(Happened.climbed, detail=detail)
    for one in [*([step] if step else []), *late]:
        _seat(matter, one)
        matter.tell("climbed", [holder.person_id for holder in one.able], why=why)
    tell_passed(matter, found)
    _next_rung(matter, is_last=found.step is None)


def _seat(matter: Matter, step: Step) -> None:
    """Whoever is told may act: in the place that is waited on while nobody holds it, else beside it."""
    waits_on = matter.kind.stage[matter.case.stage].waits_on
    persons = [holder.person_id for holder in step.able]
    matter.seat(SUPERVISOR, persons, Seat.holds, office=step.office)
    if waits_on and waits_on in _offered(matter) and not matter.persons(waits_on, {Seat.holds}):
        matter.seat(waits_on, persons, Seat.asked, office=step.office)


def _newcomers(matter: Matter, *, below: int, told: Step | None) -> list[Step]:
    """Who has come into the office of a rung that the case had left behind: he answers for the place now, and hears of it once."""
    known = {party.person_id for party in matter.parties} | {holder.person_id for holder in (told.able if told else ())}
    rungs = [
        seats.step_at(matter.tx.elsewhere, rung.who, matter.asking_above, rung=number)
        for number, rung in enumerate(matter.kind.ladder[: below + 1])
    ]
    new = [replace(step, holders=tuple(one for one in step.able if one.person_id not in known)) for step in rungs]
    return [step for step in new if step.holders]


def _offered(matter: Matter) -> set[str]:
    """The places that go with an office: those that a route or a named office fills."""
    return {
        name
        for name, party in matter.kind.party.items()
        if party.fill == "route" or any(p.party == name and p.office for p in matter.parties)
    }


def _last_again(matter: Matter) -> Step | None:
    """The highest rung that somebody is in and can be told, when there is none above."""
    rungs = list(seats.rungs_above(matter.tx.elsewhere, matter.kind, -1, asking=matter.asking_above))
    able = [step for step in rungs if step.able and step.rung <= max(matter.case.rung, 0)] or [
        s for s in rungs if s.able
    ]
    return able[-1] if able else None


def _next_rung(matter: Matter, *, is_last: bool) -> None:
    """When the next rung is told, if nothing has happened until then."""
    kind, case = matter.kind, matter.case
    is_top = is_last or case.rung >= len(kind.ladder) - 1
    wait = kind.again if is_top else kind.ladder[case.rung].wait
    due_at = matter.tx.now + timedelta(hours=wait.get(case.level, kind.again[case.level]))
    _set_ladder(matter, due_at)


def retry_later(matter: Matter) -> None:
    """Nobody could be told: the ladder is walked again after a while, because offices are filled again."""
    _set_ladder(matter, matter.tx.now + timedelta(hours=matter.kind.again[matter.case.level]))


def _set_ladder(matter: Matter, due_at: Any) -> None:
    changes = {"state": TimerState.running, "started_at": matter.tx.now, "due_at": due_at, "next_at": due_at}
    matter.set_timer(LADDER, TimerKind.ladder, **changes)


def tell_passed(matter: Matter, found: Found) -> None:
    """Whoever was passed over hears of it in any case, and why; those who are kept out hear nothing."""
    for step in found.passed:
        for holder in step.holders:
            persons = [p for p in (holder.person_id, holder.stands_for) if p and p not in matter.asking.kept_out]
            if holder.why_not is not None and holder.person_id not in matter.asking.kept_out:
                matter.tell("passed", persons, why=SAYS[holder.why_not], who=_who(matter, found))


def _who(matter: Matter, found: Found) -> str:
    if found.step is None:
        return "上级"
    return says_office(matter, found.step.office)


def says_office(matter: Matter, said: str) -> str:
    """An office as people say it: 村文书."""
    seat, roles = office(said), matter.tx.runtime.presets["roles"]
    role: Role = roles[_ZONE_ROLE if seat is None or said == ZONE_OFFICE else seat.role]
    return role.name


def _passed(found: Found) -> list[dict[str, str]]:
    return [{"office": step.office, "why": step.why_not} for step in found.passed]
