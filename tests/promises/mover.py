"""A process of A8: makes its random transfers one by one and notes each outcome; killed, it goes on with the one in the air.

`python -m tests.promises.mover FOLDER NUMBER`, the configuration by LIANXIN_CONFIG.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from app.domains.points import actions as points
from app.domains.points.errors import NotEnoughPoints
from app.domains.points.rules import TransferKind
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import transaction
from app.main import open_runtime
from tests.makers.areas import VILLAGE

DEADLOCK, RETRIES = "40P01", 20
_DAY = date(2026, 11, 2)


@dataclass(frozen=True, slots=True)
class Plan:
    """What all movers share: the hot accounts, how many transfers each makes, and the dice."""

    folder: Path
    accounts: tuple[UUID, ...]
    each: int
    seed: int

    @staticmethod
    def read(folder: Path) -> Plan:
        """The plan that the test has written."""
        each, seed, *accounts = (folder / "plan").read_text().split()
        return Plan(folder, tuple(map(UUID, accounts)), int(each), int(seed))

    def write(self) -> None:
        """Hand the plan to the processes."""
        words = (str(self.each), str(self.seed), *map(str, self.accounts))
        (self.folder / "plan").write_text(" ".join(words))

    def journal(self, number: int) -> Path:
        """Where a mover notes its outcomes."""
        return self.folder / f"mover{number}"

    def outcomes(self, number: int) -> Sequence[str]:
        """What a mover has noted so far, without a line that was cut short."""
        path = self.journal(number)
        text = path.read_text() if path.exists() else ""
        return text[: text.rfind("\n") + 1].split()

    def count(self, number: int) -> int:
        """How many lines a mover has noted."""
        path = self.journal(number)
        return path.read_bytes().count(b"\n") if path.exists() else 0

    def transfers(self, number: int) -> Iterator[points.Movement]:
        """A mover's transfers, the same each time it is started; one in ten is an earlier one again."""
        dice = random.Random(f"{self.seed}:{number}")
        made: list[points.Movement] = []
        for _ in range(self.each):
            if made and dice.random() < 0.1:
                yield dice.choice(made)
                continue
            giver, taker = dice.sample(self.accounts, 2)
            some, key = dice.randint(1, 400), UUID(int=dice.getrandbits(128), version=4)
            made.append(points.Movement(key, TransferKind.adjustment, giver, taker, some, VILLAGE, "a8", _DAY, some))
            yield made[-1]


def make(runtime: Runtime, movement: points.Movement) -> Iterator[str]:
    """Make one transfer; the words for what happened, `deadlock` for each try that had to be made again."""
    for _ in range(RETRIES):
        try:
            with transaction(runtime, SYSTEM) as tx:
                moved = points.move(tx, movement)
        except NotEnoughPoints:
            yield "refused"
        except DBAPIError as fault:
            if getattr(fault.orig, "sqlstate", "") != DEADLOCK:
                raise
            yield "deadlock"
            continue
        else:
            yield "again" if moved.is_replay else "moved"
        return
    raise SystemExit(DEADLOCK)


def main(folder: str, number: int) -> None:
    """Go on where the journal ends."""
    plan = Plan.read(Path(folder))
    done = sum(word != "deadlock" for word in plan.outcomes(number))
    whole = "".join(f"{word}\n" for word in plan.outcomes(number))
    plan.journal(number).write_text(whole)
    with open_runtime() as runtime, plan.journal(number).open("a") as journal:
        for place, movement in enumerate(plan.transfers(number)):
            if place >= done:
                for word in make(runtime, movement):
                    journal.write(f"{word}\n")
                    journal.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
