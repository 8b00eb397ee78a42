"""One token for all processes: fetched by one, sealed at rest, voided only by whoever really used it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.tokens import PATH, Token, TokenProvider
from app.adapters.wire import Wire
from app.domains.notices.ports import Outcome
from app.kernel.crypto import Vault
from tests.adapters.conftest import APP_ID, SECRET, MovedClock
from tests.adapters.scripted import Asked, Reply, ScriptedServer, says

ROOT = Path(__file__).resolve().parents[2]
Make = Callable[[], TokenProvider]


class TokenDesk:
    """Plays stable_token: the same token until a test revokes it or it expires."""

    def __init__(self, *, life: float = 7200, after: float = 0.0) -> None:
        self.edition, self.life, self.after = 1, life, after
        self.calls: list[Asked] = []

    @property
    def value(self) -> str:
        return f"canary-token-{self.edition}"

    def __call__(self, asked: Asked) -> Reply:
        self.calls.append(asked)
        return says({"access_token": self.value, "expires_in": self.life}, after=self.after)


@pytest.fixture
def desk(server: ScriptedServer) -> TokenDesk:
    server.script = TokenDesk()
    return server.script


@pytest.fixture
def make(wire: Wire, engine: Engine, cipher: Vault, moved: MovedClock) -> Make:
    """Each call is another process of ours, as far as the token is concerned."""
    return lambda: TokenProvider(app_id=APP_ID, secret=SECRET, wire=wire, engine=engine, cipher=cipher, clock=moved)


def failing(provider: TokenProvider) -> Outcome:
    with pytest.raises(WeChatRefused) as refusal:
        provider.current()
    assert SECRET not in str(refusal.value)
    return refusal.value.result.outcome


def test_the_token_is_asked_for_in_normal_mode_with_id_and_secret_in_the_body(make: Make, desk: TokenDesk) -> None:
    assert make().current().value == "canary-token-1"
    (asked,) = desk.calls
    assert (asked.method, asked.path, asked.query) == ("POST", PATH, {})
    assert asked.json == {
        "grant_type": "client_credential", "appid": APP_ID, "secret": SECRET, "force_refresh": False,
    }  # fmt: skip


def test_a_second_process_takes_the_token_from_the_row(make: Make, desk: TokenDesk) -> None:
    assert make().current() == make().current()
    assert len(desk.calls) == 1


@pytest.mark.usefixtures("desk")
def test_the_token_is_sealed_in_the_row_and_absent_from_texts(make: Make, engine: Engine) -> None:
    token = make().current()
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM wechat_token")).one()
    assert b"canary" not in bytes(row.token_sealed)
    assert "canary" not in repr(token)


@pytest.mark.usefixtures("desk")
def test_trap_b11_no_key_holds_any_part_of_the_secret(make: Make, engine: Engine) -> None:
    make().current()
    with engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM wechat_token")).one()
    assert SECRET[:10] not in str(row)


def test_trap_b12_a_token_is_renewed_a_minute_before_it_ends(make: Make, desk: TokenDesk, moved: MovedClock) -> None:
    provider = make()
    provider.current()
    moved.forward(seconds=7139)
    provider.current()
    assert len(desk.calls) == 1
    desk.edition = 2
    moved.forward(seconds=1)
    assert provider.current().value == "canary-token-2"
    assert make().current().version == 2
    assert len(desk.calls) == 2


def test_a_token_with_a_short_life_does_not_cause_a_fetch_for_every_call(
    make: Make, desk: TokenDesk, moved: MovedClock
) -> None:
    desk.life = 30
    provider = make()
    for _ in range(10):
        provider.current()
        moved.forward(seconds=1)
    assert len(desk.calls) == 1


def test_twenty_threads_at_a_cold_start_fetch_once(make: Make, desk: TokenDesk) -> None:
    desk.after = 0.1
    provider = make()
    with ThreadPoolExecutor(20) as pool:
        values = set(pool.map(lambda _: provider.current().value, range(20)))
    assert (values, len(desk.calls)) == ({"canary-token-1"}, 1)


def test_a_refused_token_is_replaced_once_for_all_processes(make: Make, desk: TokenDesk) -> None:
    processes = [make() for _ in range(5)]
    used = [process.current() for process in processes]
    desk.edition = 2
    values = {process.instead_of(token).value for process, token in zip(processes, used, strict=True)}
    assert (values, len(desk.calls)) == ({"canary-token-2"}, 2)


def test_only_the_token_that_was_used_is_voided(make: Make, desk: TokenDesk) -> None:
    first, second = make(), make()
    old = first.current()
    second.current()
    desk.edition = 2
    new = second.instead_of(old)
    assert first.instead_of(old) == new
    assert second.instead_of(old) == new
    assert len(desk.calls) == 2


def test_a_good_token_that_is_refused_now_and_then_is_not_fetched_each_time(
    make: Make, desk: TokenDesk, moved: MovedClock
) -> None:
    provider = make()
    for _ in range(200):
        token = provider.current()
        assert provider.instead_of(token).value == token.value
        moved.forward(seconds=1)
    assert len(desk.calls) <= 4


def test_a_token_that_dies_after_false_alarms_is_still_replaced(make: Make, desk: TokenDesk, moved: MovedClock) -> None:
    provider = make()
    provider.instead_of(provider.current())
    desk.edition = 2
    moved.forward(minutes=2)
    assert provider.instead_of(provider.current()).value == "canary-token-2"
    desk.edition = 3
    assert provider.instead_of(provider.current()).value == "canary-token-3"


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says({"errcode": 40001, "errmsg": "invalid credential"}), "misconfigured"),
        (says({"errcode": 40125, "errmsg": "invalid appsecret rid: 64229bc2-48d0e8b1-2008ed9b"}), "misconfigured"),
        (says({"errcode": 40013, "errmsg": "invalid appid"}), "misconfigured"),
        (says({"errcode": 40164, "errmsg": "invalid ip 1.2.3.4, not in whitelist"}), "misconfigured"),
        (says({"errcode": 45009, "errmsg": "reach max api daily quota limit"}), "limited"),
        (says({"errcode": 45011, "errmsg": "minute"}), "limited"),
        (says({"errcode": -1, "errmsg": "system error"}), "retry"),
        (says({"access_token": ""}), "retry"),
        (says({"access_token": "x", "expires_in": "7200"}), "retry"),
        (says({}), "retry"),
        (Reply(b"<html>", status=502), "retry"),
        (Reply(b'{"access_t'), "retry"),
        (Reply(fault="reset"), "retry"),
        (Reply(after=1), "retry"),
    ],
)
def test_a_failed_fetch_never_says_that_a_message_may_have_been_sent(
    make: Make, server: ScriptedServer, answer: Reply, outcome: str
) -> None:
    server.always(answer)
    assert failing(make()) == outcome


def test_wrong_keys_are_not_tried_again_at_once(make: Make, server: ScriptedServer, moved: MovedClock) -> None:
    server.always(says({"errcode": 40125, "errmsg": "invalid appsecret"}))
    provider = make()
    assert [failing(provider) for _ in range(5)] == [Outcome.MISCONFIGURED] * 5
    assert len(server.asked) == 1
    server.script = TokenDesk()
    moved.forward(minutes=1)
    assert provider.current().value == "canary-token-1"


def test_threads_that_waited_for_a_failing_fetch_fail_with_it(make: Make, server: ScriptedServer) -> None:
    server.always(says({"errcode": -1, "errmsg": "busy"}, after=0.2))
    provider = make()
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda _: failing(provider), range(10))) == {Outcome.RETRY}
    assert len(server.asked) <= 2


def test_without_a_database_the_process_asks_for_itself(tokens: TokenProvider, desk: TokenDesk) -> None:
    assert tokens.current().value == tokens.current().value == "canary-token-1"
    assert len(desk.calls) == 1


def test_who_waits_too_long_for_anothers_fetch_asks_for_itself(
    wire: Wire, engine: Engine, cipher: Vault, moved: MovedClock, desk: TokenDesk
) -> None:
    stuck, patient = (
        TokenProvider(
            app_id=APP_ID, secret=SECRET, wire=wire, engine=engine, cipher=cipher, clock=moved, lock_wait_seconds=s
        )
        for s in (12, 0.2)
    )
    with stuck._single_flight():
        assert patient.current().value == "canary-token-1"  # while the other still holds the lock
    assert len(desk.calls) == 1


def test_a_token_that_cannot_be_stored_is_used_all_the_same(make: Make, desk: TokenDesk, token_owner: Engine) -> None:
    with token_owner.begin() as connection:
        connection.execute(text("REVOKE INSERT ON wechat_token FROM lianxin_app"))
    try:
        provider = make()
        assert provider.current() == provider.current()
        assert len(desk.calls) == 1
    finally:
        with token_owner.begin() as connection:
            connection.execute(text("GRANT INSERT ON wechat_token TO lianxin_app"))


def test_a_row_that_was_sealed_for_another_key_is_overwritten(
    make: Make, desk: TokenDesk, engine: Engine, wire: Wire, moved: MovedClock
) -> None:
    make().current()
    strange = Vault({"k2": b"3" * 32}, "k2", b"4" * 32)
    other = TokenProvider(app_id=APP_ID, secret=SECRET, wire=wire, engine=engine, cipher=strange, clock=moved)
    assert other.current().value == "canary-token-1"
    assert len(desk.calls) == 2


def test_while_one_fetches_no_transaction_is_open_and_no_row_is_locked(
    make: Make, desk: TokenDesk, engine: Engine
) -> None:
    desk.after = 0.3
    fetching = threading.Thread(target=make().current)
    fetching.start()
    time.sleep(0.15)
    with engine.connect() as connection:
        others = connection.execute(
            text(
                "SELECT state, (SELECT count(*) FROM pg_locks l WHERE l.pid = a.pid AND locktype IN ('tuple', 'relation'))"
                " FROM pg_stat_activity a WHERE datname = current_database() AND pid <> pg_backend_pid()"
                " AND backend_type = 'client backend'"
            )
        ).all()
    fetching.join()
    assert {tuple(other) for other in others} == {("idle", 0)}


def test_the_lock_is_free_again_after_a_failed_fetch(make: Make, server: ScriptedServer) -> None:
    server.always(says({"errcode": -1, "errmsg": "busy"}))
    failing(make())
    server.script = TokenDesk()
    with make()._single_flight():  # raises when somebody holds it
        pass
    assert make().current().value == "canary-token-1"


def test_a_token_says_nothing_of_itself(moved: MovedClock) -> None:
    assert "canary" not in repr(Token("canary", 1, moved(), moved()))


@pytest.mark.usefixtures("engine")
def test_eight_processes_share_a_token_through_its_expiry_without_one_bad_call(
    token_database: str, server: ScriptedServer
) -> None:
    """The load on which each process fetching for itself ends in hundreds of fetches: only the newest token is good."""
    issued: list[tuple[str, float]] = []
    bad: list[str] = []
    guard = threading.Lock()

    def answer(asked: Asked) -> Reply:
        now = time.monotonic()
        with guard:
            if asked.path == PATH:
                if not issued or issued[-1][1] - now < 1.0:
                    issued.append((f"edition-{len(issued)}", now + 2.0))
                return says({"access_token": issued[-1][0], "expires_in": 2}, after=0.05)
            value, ends = issued[-1]
            if asked.query.get("access_token") != value or now > ends:
                bad.append(value)
                return says({"errcode": 40001, "errmsg": "invalid credential"})
        return says({"errcode": 0})

    server.script = answer
    program = [sys.executable, "-m", "tests.adapters.token_worker", server.url, token_database, "3"]
    began = time.monotonic()
    done = subprocess.run(program, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=200)
    took = time.monotonic() - began
    figures = [line.split() for line in done.stdout.splitlines()]
    assert len(figures) == 8
    succeeded, failed = sum(int(ok) for ok, _ in figures), sum(int(not_ok) for _, not_ok in figures)
    fetches = server.count(PATH)
    print(f"{fetches} fetches, {len(bad)} refused calls, {succeeded} successes, {failed} failures")
    assert fetches <= 3 + took  # one a second of its life, however slow the machine is
    assert len(bad) <= 2 * fetches  # a call that left just before the token changed is repeated
    assert failed <= len(issued)
    assert succeeded > 50
