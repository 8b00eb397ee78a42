"""What a move needs and what it does: the two closed lists of words, each word a few lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from app.domains.areas import queries as areas
from app.domains.cases.actions import timers
from app.domains.cases.actions.climbing import climb
from app.domains.cases.actions.joining import join
from app.domains.cases.actions.matter import Matter, times_made
from app.domains.cases.errors import NeedMissing, NobodyThere, WrongForm
from app.domains.cases.models import Party
from app.domains.cases.preset.model import Move
from app.domains.cases.preset.words import Word, fill, word
from app.domains.cases.queries import seats
from app.domains.cases.queries.timeline import has_consent, papers_told
from app.domains.cases.rules import Seat, custody
from app.domains.cases.rules.draws import Near, drawn
from app.domains.cases.rules.forms import Filled
from app.kernel.values import local_day


@dataclass(frozen=True, slots=True)
class Doing:
    """A move under way: its name, what was written, who makes it (nobody when the clock does)."""

    name: str
    move: Move
    form: Filled
    party: str
    person_id: UUID | None


def check_needs(matter: Matter, doing: Doing) -> None:
    """Refuse a move whose conditions are not met; what a form must hold has been checked with the form."""
    for one in map(word, doing.move.needs):
        if (check := _NEEDS.get(one.verb)) is not None:
            check(matter, one, doing)


def _consent(matter: Matter, one: Word, _doing: Doing) -> None:
    is_opener = set(matter.persons(one.about)) & set(matter.persons(_opener(matter)))
    if not is_opener and not has_consent(matter.tx.db, matter.case.id, one.about):
        raise NeedMissing(f"还要{matter.kind.party[one.about].name}点头：请先问一声，把同意记下来。")


def _within(matter: Matter, one: Word, _doing: Doing) -> None:
    closed_at = matter.case.closed_at
    if closed_at is None or matter.tx.now > closed_at + timedelta(days=one.number):
        raise NeedMissing(f"办结已经超过 {one.number} 天，请重新说一件新的。")


def _times(matter: Matter, one: Word, doing: Doing) -> None:
    if times_made(matter.tx, matter.case.id, doing.name) >= one.number:
        raise NeedMissing(f"“{doing.move.name}”最多 {one.number} 次，已经用完了。")


def _all_back(matter: Matter, _one: Word, doing: Doing) -> None:
    """Nothing may stay with whoever held it: each paper is given back, or it is said where it stays."""
    missing = held(matter) - custody.named(matter.kind, doing.move.form or "", doing.form.values)
    if missing:
        raise NeedMissing(f"还有材料没写上：{custody.says(missing)}。请一起送回；留在部门的，也请写明。")


_NEEDS: Mapping[str, Callable[[Matter, Word, Doing], None]] = {
    "consent": _consent,
    "within": _within,
    "times": _times,
    "all_back": _all_back,
}


def carry_out(matter: Matter, doing: Doing) -> None:
    """Everything that a move does, in the order of its words; restarts are done with the clocks."""
    for one in map(word, doing.move.does):
        if (deed := _DEEDS.get(one.verb)) is not None:
            deed(matter, one, doing)


def _assign(matter: Matter, one: Word, doing: Doing) -> None:
    """Fill a place from the form of the move; without one, whoever makes the move takes it."""
    place = fill(matter.kind.party[one.about].fill)
    if place is None or place.form != doing.move.form:
        if doing.person_id is not None:
            matter.release(one.about, but=[doing.person_id])
            matter.seat(one.about, [doing.person_id], Seat.holds, office=_office_of(matter, doing))
        return
    said = doing.form.values.get(place.field, [])
    offices = said if isinstance(said, list) else [said]
    is_single = matter.kind.form[place.form][place.field].type == "unit"
    for each in offices:
        step = seats.step_at(matter.tx.db, each, matter.asking)
        if not step.able:
            if is_single:
                raise NobodyThere(field=f"form.{place.field}")
            continue
        persons = [holder.person_id for holder in step.able]
        if is_single:
            matter.tell("taken", matter.release(one.about, but=persons))
            for person in persons:
                _ask_anew(matter, one.about, person)
        matter.tell("new", matter.seat(one.about, persons, Seat.asked if is_single else Seat.holds, office=each))


def _ask_anew(matter: Matter, party: str, person_id: UUID) -> None:
    """Somebody who had the place and is named again has to take it again."""
    held = next((p for p in matter.parties if (p.party, p.person_id) == (party, person_id)), None)
    if held is not None and held.state == Seat.holds:
        held.state = Seat.released


def _office_of(matter: Matter, doing: Doing) -> str:
    mine = (p for p in matter.parties if p.party == doing.party and p.person_id == doing.person_id)
    held: Party | None = next(mine, None)
    return held.office if held else ""


def _draw(matter: Matter, one: Word, _doing: Doing) -> None:
    """Let the lot fall among an office of the town, else of the county; those who were drawn before are not again."""
    party = matter.kind.party[one.about]
    place, before = fill(party.fill), {p.person_id for p in matter.parties if p.party == one.about}
    assert place is not None
    assert matter.entry_id is not None
    near = _near(matter, party.without, before=before)
    for level in ("town", "county"):
        path = seats.path_at(matter.case.area_path, level)
        drawable = seats.candidates(
            matter.tx.db, place.office, path=path, now=matter.tx.now, template=matter.kind.tell["drawn"]
        )
        found = drawn(drawable, near, seed=matter.entry_id)
        if found is not None:
            matter.release(one.about)
            matter.tell("drawn", matter.seat(one.about, [found], Seat.holds, office=place.office))
            return
    raise NobodyThere


def _near(matter: Matter, without: tuple[str, ...], *, before: set[UUID]) -> Near:
    """Who is too near: all who ever had one of these places, their households, the zone."""
    persons = {p.person_id for p in matter.parties if p.party in without or p.state == Seat.kept_out} | before
    involved = {p.person_id for p in matter.parties if p.party == _opener(matter)} | persons
    kin: frozenset[UUID] = frozenset()
    if "kin" in without:
        kin = seats.households_of(matter.tx.db, involved - before) | {matter.case.household_id}
    keeper = areas.keeper_of(matter.tx.db, matter.case.household_id) if "same_zone" in without else None
    return Near(frozenset(persons | involved), kin, frozenset([keeper] if keeper else []))


def _tell(matter: Matter, one: Word, _doing: Doing) -> None:
    purpose = "closed" if matter.case.outcome else "moved"
    matter.tell(purpose, matter.persons(one.about))


def _receipt(matter: Matter, one: Word, _doing: Doing) -> None:
    matter.tell("receipt", matter.persons(one.about))


def _task(matter: Matter, one: Word, doing: Doing) -> None:
    place = fill(matter.kind.task[one.about].due)
    assert place is not None
    day = date.fromisoformat(doing.form.values[place.field])
    if day < local_day(matter.tx.now):
        raise WrongForm("这一天已经过去了，请另说一个办得到的日子。", field=f"form.{place.field}")
    timers.promise(matter, one.about, day)


def _climb(matter: Matter, _one: Word, doing: Doing) -> None:
    entry_id = matter.entry_id
    climb(matter, why=f"“{doing.move.name}”")
    matter.entry_id = entry_id


def _merge(matter: Matter, _one: Word, doing: Doing) -> None:
    fields = matter.kind.form[doing.move.form or ""]
    into = next(UUID(doing.form.values[name]) for name, one in fields.items() if one.type == "case")
    join(matter, into)


def held(matter: Matter) -> Counter[str]:
    """The papers that are held in a case now, as the receipts say."""
    told = papers_told(matter.tx.db, matter.tx.vault, matter.case.id, kind=matter.kind)
    return custody.held(matter.kind, [(one.move, one.values) for one in told])


def _opener(matter: Matter) -> str:
    return next(name for name, party in matter.kind.party.items() if party.fill == "opener")


_DEEDS: Mapping[str, Callable[[Matter, Word, Doing], None]] = {
    "assign": _assign,
    "draw": _draw,
    "tell": _tell,
    "receipt": _receipt,
    "task": _task,
    "climb": _climb,
    "merge": _merge,
}
