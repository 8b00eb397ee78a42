"""What follows for duties and from duties: they go along with a zone, appear with a new keeper, and excuses are on record."""

from __future__ import annotations

from app.domains.areas.events import BatchUndone, KeeperAssigned, KeeperReleased, ZoneHandedOver
from app.domains.audit import actions as audit
from app.domains.duties import actions as duties
from app.domains.duties.events import DutyExcused, PeriodOpened
from app.kernel.events import Reactions
from app.kernel.transaction import Tx
from app.kernel.values import local_day, month_of


def move_duties(tx: Tx, event: ZoneHandedOver) -> None:
    """What is open about the households of a zone goes to its new keeper."""
    duties.hand_over(tx, event.household_ids, to_id=event.to_id)


def give_duty(tx: Tx, event: KeeperAssigned) -> None:
    """A new keeper owes the running month's visits: the duties that are there move, and those that are not are written."""
    duties.hand_over(tx, event.household_ids, to_id=event.keeper_id)
    for kind in tx.runtime.presets["duties"]:
        duties.add_missing(tx, kind, month_of(local_day(tx.now)), household_ids=event.household_ids)


def leave_duties(tx: Tx, event: KeeperReleased) -> None:
    """Nobody is reminded of households that nobody keeps; the duties wait for the next keeper."""
    duties.hand_over(tx, event.household_ids, to_id=None)


def drop_duties(tx: Tx, event: BatchUndone) -> None:
    """Households that were taken back owe nothing."""
    duties.drop_duties(tx, event.household_ids)


def record_opening(tx: Tx, event: PeriodOpened) -> None:
    """The audit knows when a period was opened."""
    audit.record(
        tx,
        action="duties.open",
        subject="period",
        subject_id=None,
        area_path=f"{tx.runtime.settings.county}/",
        detail={"kind": event.kind, "period": event.period, "count": event.duty_count},
    )


def record_excuse(tx: Tx, event: DutyExcused) -> None:
    """The audit knows who lifted a duty, and why."""
    audit.record(
        tx,
        action="duties.excuse" if event.reason else "duties.lift_excuse",
        subject="duty",
        subject_id=event.duty_id,
        area_path=event.area_path,
        reason=event.reason,
    )


REACTIONS: Reactions = {
    ZoneHandedOver: (move_duties,),
    KeeperAssigned: (give_duty,),
    KeeperReleased: (leave_duties,),
    BatchUndone: (drop_duties,),
    PeriodOpened: (record_opening,),
    DutyExcused: (record_excuse,),
}
