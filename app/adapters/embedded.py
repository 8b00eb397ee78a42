"""A real PostgreSQL in a folder: for a desk, a village's machine, and the tests.

Only the supervisor (or the tests' own set-up) starts and stops it; every other process just asks for a `url`. Two roles are
made: `lianxin_owner`, who owns the database and runs migrations, and `lianxin_app`, who has no DDL and is what the product
connects as. Their passwords are random and lie beside the data, readable by the folder's owner only.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql
from sqlalchemy import URL

from app.adapters.leash import leashed
from app.adapters.lockfile import AlreadyHeld, LockFile
from app.adapters.postgres_binaries import PostgresUnusable
from app.adapters.postgres_cluster import ROLES, Cluster, environment
from app.adapters.postgres_files import Postmaster, rotate, running_postmaster, tail

DATABASE = "lianxin"
_START_PATIENCE = 300.0  # seconds; only recovery after a crash in the middle of bulk work takes so long
_STOP_PATIENCE = 10.0
_AFTERMATH_PATIENCE = 15.0  # seconds for the last backends of a killed postmaster to notice that it is gone


class EmbeddedPostgres:
    """One PostgreSQL server that lives in data_dir; with durable=False quicker and good for tests only."""

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """Nothing is started and nothing is written until start()."""
        self.data_dir = Path(data_dir).absolute()
        self._cluster = Cluster(self.data_dir, durable=durable)
        self._lock = LockFile(self.data_dir / "server.lock")
        self._process: subprocess.Popen[bytes] | None = None

    # -- life

    def start(self) -> None:
        """Bring the server up, making the cluster on first use; call it from a thread that stays (see leash)."""
        self._cluster.open_folder()
        self._lock.take()
        try:
            self._cluster.prepare()
            self._bring_up()
            self._make_roles()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Shut down cleanly; what is still connected is cut off."""
        self._shut_down()
        self._lock.release()

    def restart(self) -> None:
        """Bring the server back, whether it was stopped, killed, or is still up."""
        self._shut_down()
        self.start()

    @contextlib.contextmanager
    def serving(self) -> Iterator[None]:
        """For a single command: use the server that somebody runs already, or run it for as long as the command takes."""
        try:
            self.start()
        except AlreadyHeld:
            yield
            return
        try:
            yield
        finally:
            self.stop()

    @classmethod
    @contextlib.contextmanager
    def temporary(cls) -> Iterator[Self]:
        """A quick server in a folder of its own that is gone afterwards: for tests and benchmarks."""
        folder = Path(tempfile.mkdtemp(prefix="lianxin-db-"))
        folder.chmod(0o711)  # ours, and root's server runs as another user
        server = cls(folder / "data", durable=False)
        try:
            server.start()
            yield server
        finally:
            server.stop()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def pid(self) -> int | None:
        """The postmaster's process id, or None when the server is not up."""
        postmaster = self._postmaster()
        return postmaster.pid if postmaster else None

    @property
    def is_running(self) -> bool:
        """True while the server is up, whoever started it."""
        return self.pid is not None

    @property
    def log_file(self) -> Path:
        """What the server has to say."""
        return self._cluster.log_file

    # -- what others ask

    def url(self, database: str = DATABASE, role: str = "app") -> str:
        """The address for SQLAlchemy, as "owner", "app" or "superuser"; also for processes that did not start the server."""
        host, port = self._cluster.address()
        return URL.create(
            "postgresql+psycopg",
            username=ROLES[role],
            password=self._cluster.passwords()[role],
            host=None if port is None else host,
            port=port,
            database=database,
            query={"host": host} if port is None else {},
        ).render_as_string(hide_password=False)

    @property
    def owner_url(self) -> str:
        """Where migrations connect."""
        return self.url(DATABASE, "owner")

    @property
    def app_url(self) -> str:
        """Where the product connects."""
        return self.url(DATABASE, "app")

    def create_database(self, name: str, template: str | None = None) -> None:
        """A new database that the owner owns and the product may connect to; a copy of template's files when one is named."""
        parts = [sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(ROLES["owner"]))]
        if template:
            parts.append(sql.SQL("TEMPLATE {} STRATEGY file_copy").format(sql.Identifier(template)))
        with self._superuser() as connection:
            connection.execute(sql.SQL(" ").join(parts))
            _grant_database(connection, name)

    def drop_database(self, name: str) -> None:
        """Remove a database and cut off whoever is still connected to it; a missing one is no error."""
        with self._superuser() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def program(self, name: str) -> Path:
        """One of PostgreSQL's own programs, such as pg_dump."""
        return self._cluster.program(name)

    # -- coming up

    def _bring_up(self) -> None:
        if self._postmaster() and self._answers():
            return  # its starter was killed where the kernel knows no leash: take it over
        rotate(self.log_file)
        deadline = time.monotonic() + _AFTERMATH_PATIENCE
        while not self._launched():
            if "shared memory block" not in tail(self.log_file) or time.monotonic() > deadline:
                raise PostgresUnusable(f"数据库没有启动。{self.log_file} 的末尾写着：\n{tail(self.log_file)}")
            time.sleep(0.2)

    def _launched(self) -> bool:
        """Start the postmaster and wait until it takes connections; False when it gave up."""
        if self._postmaster() is None:  # a stale number may belong to another program, and PostgreSQL would refuse
            (self._cluster.files / "postmaster.pid").unlink(missing_ok=True)
        self._cluster.configure()
        argv = [str(self.program("postgres")), "-D", str(self._cluster.files)]
        with self.log_file.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(argv, user=self._cluster.user, parting=signal.SIGINT),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.data_dir,
                env=environment(),
                start_new_session=True,  # a Ctrl-C in the terminal is for the supervisor, which stops us last
            )
        return self._is_ready_in_time(self._process)

    def _is_ready_in_time(self, process: subprocess.Popen[bytes]) -> bool:
        deadline = time.monotonic() + _START_PATIENCE
        while process.poll() is None and time.monotonic() < deadline:
            postmaster = self._postmaster()
            if postmaster and postmaster.pid == process.pid and postmaster.is_ready:
                return True
            time.sleep(0.02)
        return False

    def _postmaster(self) -> Postmaster | None:
        return running_postmaster(self._cluster.files)

    def _answers(self) -> bool:
        try:
            with self._superuser():
                return True
        except psycopg.OperationalError:
            return False

    # -- going down

    def _shut_down(self) -> None:
        """Ask for a fast shutdown, insist after ten seconds; recovery at the next start loses nothing even then."""
        for parting in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            pid = self._process.pid if self._process else self.pid
            if not self._lock.is_ours or pid is None or self._is_gone_in_time(pid, parting):
                break
        self._process = None

    def _is_gone_in_time(self, pid: int, parting: signal.Signals) -> bool:
        deadline = time.monotonic() + _STOP_PATIENCE
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, parting)
        while time.monotonic() < deadline:
            if self._process.poll() is not None if self._process else self.pid != pid:
                return True
            time.sleep(0.02)
        return False

    # -- roles

    def _superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        host, port = self._cluster.address()
        return psycopg.connect(
            host=host,
            port=port,
            user=ROLES["superuser"],
            password=self._cluster.passwords()["superuser"],
            dbname="postgres",
            autocommit=True,
            connect_timeout=10,
        )

    def _make_roles(self) -> None:
        """Both roles and the product's database; a second start finds them and changes nothing."""
        with self._superuser() as connection:
            known = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in ("owner", "app"):
                if ROLES[role] not in known:
                    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    password = sql.Literal(self._cluster.passwords()[role])
                    connection.execute(statement.format(sql.Identifier(ROLES[role]), password))
            exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if not exists:
            self.create_database(DATABASE)


def _grant_database(connection: psycopg.Connection[tuple[object, ...]], name: str) -> None:
    """Only the two roles get in, and the product may not even make a temporary table."""
    database = sql.Identifier(name)
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(ROLES["app"])))
