"""Divisions come from a file and stay what they are; grids are made inside villages."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domains.areas import actions, queries
from app.domains.areas.errors import AreaNotFound, BadFile
from app.domains.areas.models import Level
from app.kernel.access import SYSTEM, Actor
from app.kernel.errors import Forbidden
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from tests.makers.areas import TOWN, VILLAGE, make_area

SHIPPED = actions.shipped_divisions()


def test_the_shipped_divisions_come_in_once_and_again_without_change(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        first = actions.import_divisions(tx)
    with transaction(runtime, SYSTEM) as tx:
        second = actions.import_divisions(tx, SHIPPED)
    assert (first.added, first.unchanged) == (574, 0)
    assert (second.added, second.unchanged, second.renamed, second.absent) == (0, 574, (), ())
    with reading(runtime) as db:
        assert len(queries.areas_below(db, "419001/", level=Level.town)) == 16
        assert queries.place_name(db, VILLAGE) == "山口村"
        assert [a.path for a in queries.find_villages(db, "山口村", within=TOWN)] == [VILLAGE]


def test_a_renamed_village_is_reported_and_a_missing_one_stays(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx)
    fresh = [
        replace(d, name="山口新村民委员会") if d.path == VILLAGE else d for d in SHIPPED if d.path != f"{TOWN}204/"
    ]
    with transaction(runtime, SYSTEM) as tx:
        changes = actions.import_divisions(tx, fresh)
    assert [(r.before, r.after) for r in changes.renamed] == [("山口村民委员会", "山口新村民委员会")]
    assert changes.absent == (f"{TOWN}204/",)
    with reading(runtime) as db:
        assert queries.area(db, f"{TOWN}204/") is not None
        assert queries.place_name(db, VILLAGE) == "山口新村"


def test_a_village_whose_town_is_unknown_is_refused(runtime: Runtime) -> None:
    with pytest.raises(BadFile), transaction(runtime, SYSTEM) as tx:
        actions.import_divisions(tx, [d for d in SHIPPED if d.path == VILLAGE])


def test_grids_are_numbered_inside_their_village_and_known_by_their_code(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
        assert actions.open_grid(tx, village_path=VILLAGE, name="东头网格") == "419001101203g01"
    with transaction(runtime, SYSTEM) as tx:
        assert actions.open_grid(tx, village_path=VILLAGE, name="西头网格") == "419001101203g02"
    with reading(runtime) as db:
        assert queries.villages_by_code_or_name(db, TOWN)["419001101203g02"] == (f"{VILLAGE}g02/",)


def test_a_grid_lies_in_a_village_and_nowhere_else(runtime: Runtime) -> None:
    with transaction(runtime, SYSTEM) as tx:
        make_area(tx)
    with pytest.raises(AreaNotFound), transaction(runtime, SYSTEM) as tx:
        actions.open_grid(tx, village_path=TOWN, name="网格")


def test_only_who_keeps_the_tree_may_change_it(runtime: Runtime) -> None:
    with pytest.raises(Forbidden), transaction(runtime, Actor(kind="person")) as tx:
        actions.import_divisions(tx)
