"""What the journeys stand on: a village that an operator has set up once, and for each module a desk of real processes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import count

import pytest

from app.adapters.embedded import EmbeddedPostgres
from app.kernel.values import SHANGHAI
from app.settings import Database
from tests.conftest import database_of
from tests.journeys import village as stage
from tests.journeys.village import Village
from tests.stack import Stack

FRIDAY_MORNING = datetime(2026, 10, 30, 9, 0, tzinfo=SHANGHAI)
MONDAY_MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
_numbers = count()


@pytest.fixture(scope="session")
def settled(cluster: EmbeddedPostgres, template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database in which an operator has imported divisions and a village, and named its members and their zones."""
    cluster.create_database("template_village", template=template)
    folder = tmp_path_factory.mktemp("office")
    office = Stack(folder, database_of(cluster, "template_village"), start_at=FRIDAY_MORNING)
    stage.settle(office)
    return "template_village"


@pytest.fixture(scope="module")
def database(cluster: EmbeddedPostgres, settled: str) -> Iterator[Database]:
    """The village's database for the stories of one module; every commit in it is real."""
    name = f"journey{next(_numbers)}"
    cluster.create_database(name, template=settled)
    yield database_of(cluster, name)
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def stack(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Sandbox, API, push worker and scheduler, on the first Monday of November at nine."""
    desk = Stack(tmp_path_factory.mktemp("desk"), database, start_at=MONDAY_MORNING)
    try:
        desk.start("sandbox", "api", "worker", "scheduler")
        yield desk
    finally:
        desk.stop()


@pytest.fixture(scope="module")
def village(stack: Stack) -> Village:
    """The village, its people with phones in their hands as soon as they are called."""
    return Village(stack)
