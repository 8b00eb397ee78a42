"""What the gateway's tests stand on: a scripted server, a moved clock, a database with the token's table, a sandbox."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, text

from app.adapters.embedded import EmbeddedPostgres
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.tokens import TokenProvider, wechat_token
from app.adapters.wire import Wire
from app.kernel.crypto import Vault
from tests.adapters.scripted import Asked, Reply, Script, ScriptedServer, says

NOON = datetime(2026, 11, 23, 4, 0, 30, tzinfo=UTC)  # 12:00:30 in China
APP_ID = "wx0123456789abcdef"
SECRET = "canary-app-secret-7f3a"
_names = count()


class MovedClock:
    """Stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **length: float) -> None:
        self.now += timedelta(**length)


@pytest.fixture
def moved() -> MovedClock:
    return MovedClock()


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def wire(server: ScriptedServer) -> Iterator[Wire]:
    with Wire(server.url, connect_seconds=0.5, answer_seconds=0.5) as opened:
        yield opened


@pytest.fixture(scope="session")
def token_owner(cluster: EmbeddedPostgres) -> Iterator[Engine]:
    """The owner's way into a database that holds the token's table; the product's role may read and write it."""
    name = f"tokens{next(_names)}"
    cluster.create_database(name)
    owner = create_engine(cluster.url(name, "owner"))
    with owner.begin() as connection:
        wechat_token.create(connection)
        connection.execute(text("GRANT SELECT, INSERT, UPDATE ON wechat_token TO lianxin_app"))
    yield owner
    owner.dispose()
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def token_database(cluster: EmbeddedPostgres, token_owner: Engine) -> str:
    """The URL of that database for the product's role."""
    return cluster.url(str(token_owner.url.database), "app")


@pytest.fixture(scope="session")
def token_engine(token_database: str) -> Iterator[Engine]:
    built = create_engine(token_database, pool_size=4, max_overflow=0, pool_timeout=2)
    yield built
    built.dispose()


@pytest.fixture
def engine(token_engine: Engine, token_owner: Engine) -> Engine:
    """An engine of the product's role over an empty token table."""
    with token_owner.begin() as connection:
        connection.execute(wechat_token.delete())
    return token_engine


@pytest.fixture
def no_database() -> Iterator[Engine]:
    """An engine whose database does not answer: the gateway must live without it."""
    built = create_engine("postgresql+psycopg://nobody@127.0.0.1:9/none", connect_args={"connect_timeout": 1})
    yield built
    built.dispose()


@pytest.fixture
def cipher() -> Vault:
    return Vault({"k1": b"1" * 32}, "k1", b"2" * 32)


@pytest.fixture
def tokens(wire: Wire, no_database: Engine, cipher: Vault, moved: MovedClock) -> TokenProvider:
    return TokenProvider(app_id=APP_ID, secret=SECRET, wire=wire, engine=no_database, cipher=cipher, clock=moved)


@pytest.fixture
def gateway(wire: Wire, tokens: TokenProvider, moved: MovedClock) -> Gateway:
    return Gateway(app_id=APP_ID, secret=SECRET, wire=wire, tokens=tokens, clock=moved)


@pytest.fixture
def wechat(server: ScriptedServer) -> Callable[[Script], ScriptedServer]:
    """Let the server play WeChat: it hands out a token, and the test says what it answers otherwise."""

    def play(script: Script) -> ScriptedServer:
        def answer(asked: Asked) -> Reply:
            if asked.path == "/cgi-bin/stable_token":
                return says({"access_token": "canary-token-51c9", "expires_in": 7200})
            return script(asked)

        server.script = answer
        return server

    return play


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The base URL of a sandbox that runs as a program of its own."""
    root = Path(__file__).resolve().parents[2]
    program = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"], cwd=root, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    line = program.stdout.readline()
    assert "ready on" in line, "the sandbox did not start"
    yield line.split()[-1].rstrip("/")
    program.terminate()
    program.wait(10)
    program.stdout.close()
