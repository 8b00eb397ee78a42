"""A57: a dump of the database tells nothing about people, and sealed values cannot be moved to another row."""

from __future__ import annotations

import itertools
import os
import random
import subprocess

import pytest
from sqlalchemy import make_url, select

from app.adapters.embedded import EmbeddedPostgres
from app.commands.demo import import_areas
from app.demo import seed
from app.demo.town import FULL, Size
from app.domains.areas.models import Person
from app.kernel.access import unscoped
from app.kernel.crypto import BrokenSeal
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading

pytestmark = pytest.mark.promise
SMALL = Size(households=400, members=40)
CANARIES = 1_000


@pytest.fixture
def town(runtime: Runtime, *, full: bool) -> Runtime:
    """A database with a town in it."""
    import_areas(runtime)
    seed.seed_town(
        runtime, seed.FIRST_TOWN, months=1, size=FULL if full else SMALL, progress=lambda _what, _count: None
    )
    return runtime


def dump_of(cluster: EmbeddedPostgres, runtime: Runtime) -> bytes:
    """The raw data of every table, as a thief of the database would read it."""
    url = make_url(runtime.settings.database.owner_url)
    argv = [str(cluster.program("pg_dump")), "--data-only", "-d", url.database or ""]
    where = {
        "PGHOST": url.host or str(url.query.get("host")),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
    }
    if url.port:
        where["PGPORT"] = str(url.port)
    return subprocess.run(argv, env={**os.environ, **where}, capture_output=True, check=True).stdout


@unscoped("a test reads everything")
def people(runtime: Runtime) -> list[Person]:
    """Everybody in the town."""
    with reading(runtime) as db:
        return list(db.scalars(select(Person)))


def secrets_of(runtime: Runtime, person: Person) -> set[str]:
    """What must not be readable about a person."""
    fields = {"name": person.name_sealed, "phone": person.phone_sealed, "id_number": person.id_number_sealed}
    return {runtime.vault.open(f"areas_person.{key}:{person.id}", sealed) for key, sealed in fields.items() if sealed}


def test_a57_a_dump_holds_no_name_no_phone_and_no_id_number(town: Runtime, cluster: EmbeddedPostgres) -> None:
    dump = dump_of(cluster, town)
    chosen = random.Random(57).sample(people(town), min(CANARIES, len(people(town))))
    canaries = set().union(*(secrets_of(town, person) for person in chosen))
    found = [canary for canary in canaries if len(canary) > 1 and canary.encode() in dump]
    print(f"A57: {len(canaries)} canaries of {len(chosen)} people in a dump of {len(dump):,} bytes: {len(found)} found")
    assert len(canaries) > len(chosen)
    assert found == []


def test_a57_a_value_swapped_into_another_row_is_refused(town: Runtime) -> None:
    everybody = people(town)[:200]
    refused = 0
    for one, other in itertools.pairwise(everybody):
        with pytest.raises(BrokenSeal):
            town.vault.open(f"areas_person.name:{one.id}", other.name_sealed)
        refused += 1
    print(f"A57: {refused} swapped values, all refused")
