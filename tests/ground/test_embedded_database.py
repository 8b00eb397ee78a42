"""The embedded PostgreSQL: it comes up, keeps what it was told, survives being killed, and touches no folder that is not ours."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.lockfile import AlreadyHeld
from app.adapters.places import CLONE
from app.adapters.postgres_binaries import PostgresUnusable, binaries_for, user_to_run_as

is_root = os.geteuid() == 0
only_as_root = pytest.mark.skipif(not is_root, reason="only root has to switch to another user")


def connect(
    server: EmbeddedPostgres, role: str = "app", database: str = "lianxin"
) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(server.url(database, role).replace("+psycopg", ""), autocommit=True)


@pytest.fixture
def server(reachable: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(reachable / "data", durable=False)
    server.start()
    yield server
    server.stop()


def test_a_second_start_keeps_the_data(server: EmbeddedPostgres) -> None:
    with connect(server, "owner") as owner:
        owner.execute("CREATE TABLE kept AS SELECT 连心 FROM (VALUES ('在')) AS t(连心)")
    server.stop()
    assert server.pid is None
    server.start()
    with connect(server, "owner") as owner:
        assert owner.execute("SELECT 连心 FROM kept").fetchone() == ("在",)


def test_a_killed_server_comes_back_with_everything_that_was_committed(server: EmbeddedPostgres) -> None:
    with connect(server, "owner") as owner:
        owner.execute("CREATE TABLE counted (n int)")
        for n in range(50):
            owner.execute("INSERT INTO counted VALUES (%s)", [n])
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
        server.restart()
    with connect(server, "owner") as owner:
        assert owner.execute("SELECT count(*) FROM counted").fetchone() == (50,)


def test_a_pid_file_whose_number_another_program_has_now_is_no_obstacle(server: EmbeddedPostgres) -> None:
    server.stop()
    stale = server.data_dir / "cluster" / "postmaster.pid"
    stale.write_text(f"{os.getpid()}\n{stale.parent}\n1\n5432\n\n\n\nready\n")
    server.start()
    assert server.pid not in {None, os.getpid()}


def test_the_product_has_no_ddl_and_needs_its_password(server: EmbeddedPostgres) -> None:
    with connect(server) as app:
        for statement in ("CREATE TABLE t (a int)", "CREATE TEMP TABLE t (a int)", "CREATE SCHEMA s", "CREATE ROLE r"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(statement)
    right = json.loads((server.data_dir / "passwords.json").read_text())["app"]
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(server.url().replace("+psycopg", "").replace(right, "wrong"))


def test_the_passwords_are_for_the_owner_of_the_folder_only(server: EmbeddedPostgres) -> None:
    assert stat.S_IMODE((server.data_dir / "passwords.json").stat().st_mode) == 0o600
    assert not list(server.data_dir.glob("*.password"))


def test_the_server_is_durable_speaks_utc_and_sorts_alike_everywhere(reachable: Path) -> None:
    server = EmbeddedPostgres(reachable / "data")
    with server.serving(), connect(server) as app:
        shown = {
            name: app.execute(f"SHOW {name}").fetchone()
            for name in ("fsync", "synchronous_commit", "timezone", "jit", "server_encoding", "shared_buffers")
        }
        provider = app.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'lianxin'").fetchone()
    assert shown == {
        "fsync": ("on",),
        "synchronous_commit": ("on",),
        "timezone": ("UTC",),
        "jit": ("off",),
        "server_encoding": ("UTF8",),
        "shared_buffers": ("128MB",),
    }
    assert provider == ("b", "C.UTF-8")


def test_the_log_of_the_server_repeats_no_values(server: EmbeddedPostgres) -> None:
    with connect(server, "owner") as owner:
        owner.execute("CREATE TABLE person (phone text PRIMARY KEY)")
        owner.execute("INSERT INTO person VALUES ('canary-phone')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            owner.execute("INSERT INTO person VALUES ('canary-phone')")
        with pytest.raises(psycopg.errors.InvalidTextRepresentation):
            owner.execute("SELECT 'canary-number'::int")
    log = server.log_file.read_text()
    assert "duplicate key" in log
    assert "canary-phone" not in log


def test_databases_are_cloned_from_a_template_and_dropped_under_their_users(server: EmbeddedPostgres) -> None:
    with connect(server, "owner") as owner:
        owner.execute("CREATE TABLE seeded AS SELECT 7 AS n")
    server.create_database("clone", template="lianxin")
    with connect(server, "owner", "clone") as owner:
        assert owner.execute("SELECT n FROM seeded").fetchone() == (7,)
        server.drop_database("clone")
    server.drop_database("clone")
    with pytest.raises(psycopg.OperationalError):
        connect(server, "owner", "clone")


def test_only_one_process_runs_the_server_and_a_command_uses_the_running_one(server: EmbeddedPostgres) -> None:
    second = EmbeddedPostgres(server.data_dir)
    with pytest.raises(AlreadyHeld):
        second.start()
    with second.serving():
        assert second.pid == server.pid
    assert server.is_running
    server.stop()
    with second.serving():
        assert second.is_running
    assert not second.is_running


def test_a_folder_with_a_long_name_is_served_over_loopback(reachable: Path) -> None:
    server = EmbeddedPostgres(reachable / ("long" * 30) / "data", durable=False)
    server.start()
    try:
        assert "@127.0.0.1:" in server.url()
        with connect(server) as app:
            assert app.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
    finally:
        server.stop()


def test_a_start_that_was_killed_in_the_middle_leaves_nothing_in_the_way(reachable: Path) -> None:
    folder = reachable / "data"
    folder.mkdir()
    half = folder / "cluster.0000.part"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = EmbeddedPostgres(folder, durable=False)
    server.start()
    assert server.is_running
    server.stop()


def test_files_of_another_version_are_left_alone(server: EmbeddedPostgres) -> None:
    server.stop()
    (server.data_dir / "cluster" / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresUnusable, match="16"):
        server.start()


@pytest.mark.skipif(sys.platform != "linux", reason="the leash is Linux's")
def test_the_server_dies_with_the_process_that_started_it(reachable: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from app.adapters.embedded import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]), durable=False); server.start(); print('up', flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", program, str(reachable / "data")], stdout=subprocess.PIPE, cwd=CLONE, text=True
    )
    assert starter.stdout is not None
    with starter.stdout:
        assert starter.stdout.readline() == "up\n"
        server = EmbeddedPostgres(reachable / "data", durable=False)
        assert server.is_running
        starter.kill()
        starter.wait()
    deadline = time.monotonic() + 60
    while server.is_running and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not server.is_running


# -- folders that are not ours


def modes(folder: Path) -> dict[str, int]:
    paths = [folder, *folder.parents, *folder.rglob("*")]
    return {str(path): stat.S_IMODE(path.lstat().st_mode) for path in paths}


@pytest.fixture
def home(reachable: Path) -> Path:
    """A home as most systems make it: nobody else may enter."""
    home = reachable / "home"
    (home / "clone" / "docs").mkdir(parents=True)
    (home / "letter.txt").write_text("private")
    for path in (home / "letter.txt", home / "clone" / "docs", home):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return home


@only_as_root
def test_root_is_refused_in_a_closed_home_and_its_modes_stay(home: Path) -> None:
    before = modes(home)
    with pytest.raises(PostgresUnusable, match=str(home)):
        EmbeddedPostgres(home / "clone" / "var").start()
    after = modes(home)
    assert {path: after[path] for path in before} == before


@pytest.mark.skipif(is_root, reason="an ordinary user may have his data in his own home")
def test_an_ordinary_user_runs_in_his_closed_home_and_its_modes_stay(home: Path) -> None:
    before = modes(home)
    server = EmbeddedPostgres(home / "clone" / "var", durable=False)
    server.start()
    server.stop()
    after = modes(home)
    assert {path: after[path] for path in before} == before


@only_as_root
def test_binaries_in_a_closed_folder_are_copied_and_the_folder_stays_closed(
    home: Path, reachable: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = user_to_run_as()
    shipped = binaries_for(user, reachable / "unused").parents[1]
    package = home / "site-packages" / shipped.name
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    subprocess.run(["cp", "-r", str(shipped / "pginstall18"), str(package)], check=True)
    monkeypatch.syspath_prepend(str(package.parent))
    before = modes(home)
    copied = binaries_for(user, reachable / "copies")
    assert copied.is_relative_to(reachable / "copies")
    assert binaries_for(user, reachable / "copies") == copied
    assert modes(home) == before
