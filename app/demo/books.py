"""What the paper books of points said before: every household of the demo village begins with the points it had there."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from sqlalchemy import select

from app.demo.cast import STAGE
from app.demo.then import Stage, Story
from app.domains.areas.models import Household
from app.domains.points import actions as ledger
from app.domains.points.rules import TransferKind, fund_of
from app.kernel.access import SYSTEM, below, unscoped
from app.kernel.transaction import transaction
from app.kernel.values import local_day

_SHARE = 0.9  # some have never had a book
_RULE, _RULE_NAME = "paper_book", "纸质存折结转（示例）"


def books(stage: Stage) -> Iterator[Story]:
    """One evening on which the clerk has typed the books in."""
    yield _carried_over(stage)


@unscoped("a demo's own village")
def _carried_over(stage: Stage) -> Story:
    yield stage.days_ago(110, 20)
    rng = Random("books")
    with transaction(stage.runtime, SYSTEM) as tx:
        found = select(Household.id, Household.area_path).where(below(Household.area_path, STAGE))
        rows = tx.db.execute(found.order_by(Household.number))
        homes = {household_id: path for household_id, path in rows if rng.random() < _SHARE}
        ledger.open_accounts(tx, homes, villages=[STAGE])
        for household_id, path in homes.items():
            points = rng.randint(1, 24) * 5
            ledger.move(
                tx,
                ledger.Movement(
                    id=tx.new_id(),
                    kind=TransferKind.adjustment,
                    from_id=fund_of(STAGE),
                    to_id=household_id,
                    points=points,
                    area_path=path,
                    rule=_RULE,
                    counted_on=local_day(tx.now),
                    claimed=points,
                    household_id=household_id,
                    rule_name=_RULE_NAME,
                    subject="books",
                ),
            )
