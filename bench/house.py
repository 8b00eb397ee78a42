"""A house to measure in: the embedded PostgreSQL as a village runs it, and the demo town at full size, made once a run.

Each row works in a copy of the town's database, so that none finds what another left.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import text

from app.adapters.database import migrate
from app.adapters.desk import toml_of
from app.adapters.embedded import EmbeddedPostgres
from app.commands.run import api_argv
from app.demo import seed
from app.domains.areas import actions as areas
from app.domains.duties import sweeps as duties
from app.domains.identity.models import Account, SignIn
from app.kernel.access import SYSTEM
from app.kernel.bulk import copy_rows
from app.kernel.crypto import random_token, token_hash
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import build_runtime
from app.settings import Database, load
from bench import stage
from bench.machine import free_port
from bench.run import Run
from bench.stage import Server

_EMPTY, _TOWN = "empty", "town"
KEY = "11" * 32
SCHEMA = "lianxin"
_APP = {
    "app_id": "wxsandboxminiprog1",
    "secret": "sandbox-mini-program-secret-0001",
    "token": "sandboxmp",
    "aes_key": "sandboxMiniProgramsandboxMiniProgramsandbo0",
}
_OFFICIAL = {
    "app_id": "wxsandboxofficial1",
    "secret": "sandbox-official-acc-secret-0001",
    "token": "sandboxoa",
    "aes_key": "sandboxOfficialAcctsandboxOfficialAcctsand0",
}


class Caller(NamedTuple):
    """A member on his phone: his token, himself, and the households that he keeps."""

    token: str
    person_id: UUID
    household_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Town:
    """One database and the configuration that leads to it."""

    name: str
    folder: Path
    server: EmbeddedPostgres
    config: Path
    sandbox_port: int

    @property
    def url(self) -> str:
        """The address as psycopg and pgbench want it."""
        return self.server.url(self.name, "app").replace("+psycopg", "")

    @property
    def env(self) -> dict[str, str]:
        """What the product's processes need to find it."""
        return {"LIANXIN_CONFIG": str(self.config)}

    @contextlib.contextmanager
    def runtime(self) -> Iterator[Runtime]:
        """A runtime over it in this process."""
        built = build_runtime(load(self.config))
        try:
            yield built
        finally:
            built.engine.dispose()

    @contextlib.contextmanager
    def api(self, *, workers: int = stage.WORKERS, threads: int = stage.THREADS) -> Iterator[Server]:
        """The product's web server, started as in production."""
        port = free_port()
        argv = api_argv(port, workers=workers, threads=threads)
        log = self.folder / f"api-{self.name}.log"
        with stage.serving("lianxin", argv, port=port, ready="/readyz", log=log, env=self.env) as server:
            yield server

    @contextlib.contextmanager
    def sandbox(self) -> Iterator[Server]:
        """The fake WeChat that the configuration names."""
        argv = [sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port)]
        log = self.folder / f"sandbox-{self.name}.log"
        with stage.serving("sandbox", argv, port=self.sandbox_port, ready="/__ctl", log=log) as server:
            yield server

    def connect(self, role: str = "app") -> psycopg.Connection[tuple[object, ...]]:
        """A bare connection into the schema; as "owner" it may change tables."""
        url = self.server.url(self.name, role).replace("+psycopg", "")
        return psycopg.connect(url, autocommit=True, options=f"-csearch_path={SCHEMA} -ctimezone=UTC")

    def as_owner(self, *statements: str) -> None:
        """Run statements as the owner of the tables, each in its own transaction."""
        with self.connect("owner") as connection:
            for statement in statements:
                connection.execute(statement.encode())


class House:
    """The server and its databases; made by `opened`."""

    def __init__(self, run: Run, server: EmbeddedPostgres) -> None:
        self._run, self._server, self._databases = run, server, {_EMPTY}

    def empty(self, name: str) -> Town:
        """A database with the schema and nothing in it."""
        return self._copy(_EMPTY, name)

    def town(self, name: str) -> Town:
        """A database with the demo town: 13,529 households, 1,254 members, a year of visits, this month's duties owed."""
        if _TOWN not in self._databases:
            self._run.say("making the demo town")
            self._make_town()
        return self._copy(_TOWN, name)

    def prepare(self) -> None:
        """Make the schema that all databases are copied from."""
        self._server.create_database(_EMPTY)
        migrate(_database(self._server, _EMPTY))

    def _copy(self, template: str, name: str) -> Town:
        self._server.create_database(name, template=template)
        self._databases.add(name)
        return self._describe(name)

    def _make_town(self) -> None:
        town = self._copy(_EMPTY, _TOWN)
        with town.runtime() as runtime:
            with transaction(runtime, SYSTEM) as tx:
                areas.import_divisions(tx)
            months = 2 if self._run.is_short else 12
            seed.seed_town(runtime, seed.FIRST_TOWN, months=months, progress=lambda _what, _done: None)
            duties.open_due_periods(runtime)
        make_morning(town)
        town.as_owner("VACUUM (ANALYZE)")

    def _describe(self, name: str) -> Town:
        sandbox_port = free_port()
        config = self._run.folder / f"{name}.toml"
        tree = {
            "mode": "production",
            "database": {"url": self._server.url(name, "app"), "owner_url": self._server.url(name, "owner")},
            "web": {"proxies": 1},
            "wechat": {
                "base_url": f"http://127.0.0.1:{sandbox_port}",
                "mini_program": _APP,
                "official_account": _OFFICIAL,
            },
            "sms": {"url": f"http://127.0.0.1:{sandbox_port}/sms/send", "key": "sandbox-sms-key"},
            "crypto": {"current": "k1", "index_key": "33" * 32, "keys": {"k1": KEY}},
            "storage": {"folder": str(self._run.folder / f"files-{name}")},
            "log": {"level": "WARNING"},
        }
        config.write_text(toml_of(tree), encoding="utf-8")
        return Town(name, self._run.folder, self._server, config, sandbox_port)


@contextlib.contextmanager
def opened(run: Run) -> Iterator[House]:
    """A house in the run's folder; its server syncs every commit, as in production."""
    server = EmbeddedPostgres(run.folder / "postgres", durable=True)
    server.start()
    try:
        house = House(run, server)
        house.prepare()
        yield house
    finally:
        server.stop()


def _database(server: EmbeddedPostgres, name: str) -> Database:
    return Database(url=server.url(name, "app"), owner_url=server.url(name, "owner"))


def make_morning(town: Town) -> None:
    """Nobody has been visited this month, and every duty of it is owed: the state in which each contestant starts."""
    month = "date_trunc('month', now() AT TIME ZONE 'Asia/Shanghai')"
    town.as_owner(
        f"DELETE FROM visits_visit AS visit WHERE visited_on >= {month}"
        " AND NOT EXISTS (SELECT FROM visits_post WHERE visits_post.id = visit.id)",
        "UPDATE areas_household SET last_visit_at = now() - interval '40 days'",
        f"UPDATE duties_duty SET state = 'owed', done_at = NULL, done_by = NULL, excuse = NULL WHERE due_on >= {month}",
        "VACUUM (ANALYZE) areas_household",
        "VACUUM (ANALYZE) duties_duty",
        "VACUUM (ANALYZE) visits_visit",
    )


def sign_in_members(runtime: Runtime) -> list[Caller]:
    """Give every member of the town a session, written straight into the table, and say which households he keeps."""
    kept = "SELECT keeper_id, array_agg(id ORDER BY id) FROM areas_household WHERE keeper_id IS NOT NULL GROUP BY 1 ORDER BY 1"
    with reading(runtime) as db:
        zones = [(row[0], tuple(row[1])) for row in db.execute(text(kept))]
    callers = [Caller(random_token(43), person, homes) for person, homes in zones]
    with transaction(runtime, SYSTEM) as tx:
        until, accounts = tx.now + timedelta(days=7), [uuid4() for _ in callers]
        owners = zip(accounts, callers, strict=True)
        copy_rows(
            tx.db,
            Account,
            columns=("id", "kind", "person_id", "state", "created_at"),
            rows=((account, "wechat", caller.person_id, "active", tx.now) for account, caller in owners),
        )
        owners = zip(accounts, callers, strict=True)
        copy_rows(
            tx.db,
            SignIn,
            columns=("token_hash", "account_id", "created_at", "expires_at"),
            rows=((token_hash(caller.token), account, tx.now, until) for account, caller in owners),
        )
    return callers
