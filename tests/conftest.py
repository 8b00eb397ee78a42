"""What tests stand on: a real PostgreSQL per worker, a database per test cloned from a migrated template, a moved clock."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.adapters.database import migrate
from app.adapters.embedded import EmbeddedPostgres
from app.adapters.places import data_folder, make_folder
from app.kernel.access import Actor
from app.kernel.clock import MovableClock
from app.kernel.crypto import Vault
from app.kernel.runtime import Runtime
from app.kernel.transaction import Tx, transaction
from app.kernel.values import SHANGHAI
from app.main import build_runtime, create_app
from app.settings import Crypto, Database, Demo, Log, Settings, Sms, Storage, Web, WeChat, WeChatApp
from tests.fakes import outside
from tests.makers.notices import Outside, with_outside

MORNING = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
CRYPTO = Crypto(keys={"k1": "11" * 32, "k0": "22" * 32}, current="k1", index_key="33" * 32)
_AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
MINI_PROGRAM = WeChatApp(app_id="wxmp00000000000001", secret="mp-secret", token="mp-token", aes_key=_AES_KEY)
OFFICIAL_ACCOUNT = WeChatApp(app_id="wxoa00000000000001", secret="oa-secret", token="oa-token", aes_key=_AES_KEY)
SHORT_SEED = 20261101
MEMORY, ROOM = Path("/dev/shm"), 1 << 30  # noqa: S108 -- a folder of its own is made in it
_numbers = count()


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--full` runs the promises at full size."""
    parser.addoption("--full", action="store_true", help="promises at full size")


def pytest_configure(config: pytest.Config) -> None:
    """What hypothesis makes up is the same in every short run, so that a gate repeats itself, and new in every full one."""
    hypothesis.settings.register_profile("short", derandomize=True, database=None)
    hypothesis.settings.load_profile("default" if _is_full(config) else "short")


def _is_full(config: pytest.Config) -> bool:
    return bool(config.getoption("--full")) or os.environ.get("LIANXIN_FULL") == "1"


@pytest.fixture(scope="session")
def seed(full: bool) -> int:
    """The lot of this run: always the same in the short form, another each time in the full one; LIANXIN_SEED repeats one."""
    seed = int(os.environ.get("LIANXIN_SEED") or (secrets.randbelow(10**6) if full else SHORT_SEED))
    print(f"seed {seed}")
    return seed


@pytest.fixture(scope="session")
def full(request: pytest.FixtureRequest) -> bool:
    """Whether promises are to be proven at full size."""
    return _is_full(request.config)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder for this worker that the database's user can reach; in memory where there is room, for a disk is slow."""
    on_disk = data_folder().parent / "tests" if os.geteuid() == 0 else Path(tempfile.gettempdir())
    parent = MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else on_disk
    make_folder(parent)
    _sweep(parent)
    folder = Path(tempfile.mkdtemp(prefix=f"lx-{os.getpid()}-", dir=parent))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove what a killed run has left behind."""
    for left in parent.glob("lx-*-*"):
        if not Path(f"/proc/{left.name.split('-')[1]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster(place: Path) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL server for this worker."""
    server = EmbeddedPostgres(place / "pg", durable=False)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def template(cluster: EmbeddedPostgres) -> str:
    """A database with the schema as the migrations make it."""
    cluster.create_database("template_lianxin")
    migrate(database_of(cluster, "template_lianxin"))
    return "template_lianxin"


def database_of(cluster: EmbeddedPostgres, name: str, *, pool_size: int = 8) -> Database:
    """The settings that lead to one database of a cluster."""
    urls = {"url": cluster.url(name, "app"), "owner_url": cluster.url(name, "owner")}
    return Database(**urls, pool_size=pool_size, patience=20.0)  # of a machine that does much else


@pytest.fixture
def database(cluster: EmbeddedPostgres, template: str) -> Iterator[Database]:
    """A fresh database; every commit in it is real."""
    name = f"t{next(_numbers)}"
    cluster.create_database(name, template=template)
    yield database_of(cluster, name)
    cluster.drop_database(name)


@pytest.fixture
def clock(tmp_path: Path) -> MovableClock:
    """A clock that stands still until it is moved; it starts on a working morning."""
    moved = MovableClock(tmp_path / "clock.json")
    moved.set(MORNING, rate=0)
    return moved


@pytest.fixture
def settings(database: Database, clock: MovableClock, tmp_path: Path) -> Settings:
    """Settings of a desk, over this test's database and clock."""
    return Settings(
        mode="test",
        database=database,
        wechat=WeChat(mini_program=MINI_PROGRAM, official_account=OFFICIAL_ACCOUNT, base_url="http://127.0.0.1:9"),
        crypto=CRYPTO,
        web=Web(public_url="http://127.0.0.1:8000"),
        sms=Sms(url="http://127.0.0.1:9/sms/send"),
        storage=Storage(folder=str(tmp_path / "files")),
        log=Log(level="DEBUG"),
        demo=Demo(clock_file=str(clock.path)),
    )


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    """A real runtime; only WeChat and SMS are played, by working programs of a few lines."""
    built = build_runtime(settings, ports=outside(settings))
    yield built
    built.engine.dispose()


@pytest.fixture(name="outside")
def providers() -> Outside:
    """The providers of a test, in memory."""
    return Outside()


@pytest.fixture
def post(runtime: Runtime, outside: Outside) -> Runtime:
    """A runtime whose messages go to those providers."""
    return with_outside(runtime, outside)


@pytest.fixture
def vault(runtime: Runtime) -> Vault:
    """The vault of the runtime."""
    return runtime.vault


@pytest.fixture
def tx_as(runtime: Runtime) -> Callable[[Actor], AbstractContextManager[Tx]]:
    """Open a transaction as somebody."""
    return lambda actor: transaction(runtime, actor)


@pytest.fixture
def app(runtime: Runtime) -> Flask:
    """The web application over the runtime."""
    return create_app(runtime)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A phone that talks to the application."""
    return app.test_client()
