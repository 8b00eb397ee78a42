"""The week's look at a village and at a town, for the cadres who answer for it: how far the month is, and where it waits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import text

from app.domains.areas import queries as areas
from app.domains.duties import rules
from app.domains.duties.models import Period
from app.domains.duties.preset import DutyPreset, Look
from app.domains.identity import queries as identities
from app.domains.notices import actions as notices
from app.kernel.access import unscoped
from app.kernel.transaction import Tx

_Key = TypeVar("_Key")

_COUNTS = text("""
SELECT duty.area_path, duty.keeper_id,
    count(*) FILTER (WHERE duty.state <> 'excused') AS due_count,
    count(*) FILTER (WHERE duty.state = 'done') AS done_count,
    count(*) FILTER (WHERE duty.state = 'owed') AS left_count
FROM duties_duty AS duty
JOIN areas_household AS home ON home.id = duty.household_id AND home.state = 'active'
WHERE duty.kind = :kind AND duty.period = :period
GROUP BY duty.area_path, duty.keeper_id
""")


class _Share(NamedTuple):
    """What one keeper owes in one village: all, done, left."""

    path: str
    keeper_id: UUID | None
    due: int
    done: int
    left: int


@unscoped("the clock tells each cadre of the place that his role was given for")
def looks(tx: Tx, opened: Period, key: str) -> Iterator[notices.Notice]:
    """One message for each cadre and place; a place that owes nothing this month is not spoken of."""
    preset: DutyPreset = tx.runtime.presets["duties"][opened.kind]
    shares = _by_place(tx, opened)
    for look in preset.weekly.looks:
        for person_id, path in identities.all_holders(tx.db, look.role, now=tx.now):
            here = shares.get(path, ())
            if sum(share.due for share in here):
                values = _values(tx, opened, path=path, shares=here)
                details = _details(tx, look, path=path, shares=here)
                yield notices.Notice(person_id, look.template, values, f"{key}:{path}", details=details)


@unscoped("counts of every place, each told only to those whose role is for it")
def _by_place(tx: Tx, opened: Period) -> Mapping[str, Sequence[_Share]]:
    """Every place, from the county down, with all shares inside it."""
    found: defaultdict[str, list[_Share]] = defaultdict(list)
    for row in tx.db.execute(_COUNTS, {"kind": opened.kind, "period": opened.period}):
        share = _Share(*row)
        place: str | None = share.path
        while place:
            found[place].append(share)
            place = areas.parent_of(place)
    return found


def _values(tx: Tx, opened: Period, *, path: str, shares: Sequence[_Share]) -> dict[str, str]:
    return {
        "month": rules.says_month(opened.period),
        "place": areas.place_name(tx.db, path),
        "due": str(sum(share.due for share in shares)),
        "done": str(sum(share.done for share in shares)),
        "left": str(sum(share.left for share in shares)),
    }


def _details(tx: Tx, look: Look, *, path: str, shares: Sequence[_Share]) -> dict[str, str]:
    """With whom or where it waits most; nothing when nothing waits."""
    if look.by == "keeper":
        waiting = _most(((share.keeper_id, share.left) for share in shares if share.keeper_id), look.most)
        names = areas.names_of(tx.db, tx.vault, [keeper for keeper, _ in waiting])
        said = [f"{names.get(keeper, '')} {left} 户" for keeper, left in waiting]
        return {"where": "、".join(said)} if said else {}
    below = _most(((_step_below(share.path, path), share.left) for share in shares), look.most)
    names_of_places = areas.place_names(tx.db, [place for place, _ in below])
    said = [f"{names_of_places.get(place, '')} {left} 户" for place, left in below]
    return {"where": "、".join(said)} if said else {}


def _most(counts: Iterable[tuple[_Key, int]], most: int) -> list[tuple[_Key, int]]:
    """The few keys under which most waits, the largest first."""
    sums: defaultdict[_Key, int] = defaultdict(int)
    for key, count in counts:
        sums[key] += count
    return sorted(((key, n) for key, n in sums.items() if n), key=lambda one: (-one[1], str(one[0])))[:most]


def _step_below(path: str, above: str) -> str:
    """The place directly inside another in which a path lies."""
    rest = path.removeprefix(above).split("/", 1)[0]
    return f"{above}{rest}/" if rest else above
