"""A26: whoever loses a role, a session or an account has lost it at the next request, whichever process is asked."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator, Sequence

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.domains.identity.models import RoleGrant
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction
from app.main import build_runtime, create_app
from app.settings import Settings
from tests.fakes import outside
from tests.makers.areas import VILLAGE, make_person
from tests.makers.identity import make_account, make_grant, make_session
from tests.promises.asks import RECIPES
from tests.promises.villages import Place, Role, Villages, nothing

pytestmark = pytest.mark.promise
PROCESSES = 3
HELD = RECIPES["GET /api/v1/feed/held"](nothing())
ME = RECIPES["GET /api/v1/me"](nothing())


@pytest.fixture
def processes(settings: Settings) -> Iterator[Sequence[FlaskClient]]:
    """Phones at several web processes: each has its own runtime and connections, they share the database alone."""
    runtimes = [build_runtime(settings, ports=outside(settings)) for _ in range(PROCESSES)]
    yield [create_app(one).test_client() for one in runtimes]
    for one in runtimes:
        one.engine.dispose()


def cadre(runtime: Runtime) -> tuple[str, str]:
    """A village cadre's token, and the id of what makes him one."""
    with transaction(runtime, SYSTEM) as tx:
        person_id = make_person(tx, "孟德胜", path=VILLAGE)
        grant_id = make_grant(tx, person_id, "village_cadre", path=VILLAGE)
        return make_session(tx, make_account(tx, person_id)), str(grant_id)


def statuses(processes: Sequence[FlaskClient], token: str) -> list[int]:
    """What every process says to a cadre's request."""
    return [HELD.sent(client, token).status_code for client in processes]


def test_a26_a_revoked_role_is_gone_at_the_next_request_on_all_processes(
    runtime: Runtime, processes: Sequence[FlaskClient], *, full: bool
) -> None:
    villages, rounds, took = Villages(runtime), 100 if full else 10, []
    for turn in range(rounds):
        token, grant_id = cadre(runtime)
        assert statuses(processes, token) == [200] * PROCESSES
        client = processes[turn % PROCESSES]
        revoke = RECIPES["DELETE /api/v1/grants/<uuid:grant_id>"](nothing())
        began = time.perf_counter()
        path = revoke.path.rsplit("/", 1)[0] + f"/{grant_id}"
        answer = client.delete(path, headers={"Authorization": f"Bearer {villages.token(Role.town_cadre)}"})
        assert answer.status_code == 200
        assert statuses(processes, token) == [403] * PROCESSES
        took.append(time.perf_counter() - began)
    print(f"A26: {rounds} of {rounds} roles gone at the next request on {PROCESSES} processes; "
          f"revoking and three refusals took {statistics.median(took) * 1000:.0f} ms, at most {max(took) * 1000:.0f} ms")  # fmt: skip
    assert not full or max(took) < 1.0
    with reading(runtime) as db:
        assert db.scalar(select(func.count()).where(RoleGrant.revoked_at.is_not(None))) == rounds  # unscoped: counts


@pytest.mark.parametrize("route", ["DELETE /api/v1/session", "DELETE /api/v1/session/all", "DELETE /api/v1/me"])
def test_a26_a_session_that_ends_is_over_on_all_processes(
    runtime: Runtime, processes: Sequence[FlaskClient], route: str
) -> None:
    token = Villages(runtime).token(Role.villager)
    assert [ME.sent(client, token).status_code for client in processes] == [200] * PROCESSES
    assert RECIPES[route](nothing()).sent(processes[0], token).status_code == 200
    assert [ME.sent(client, token).status_code for client in processes] == [401] * PROCESSES


def test_a26_who_no_longer_stands_for_a_person_sees_the_household_no_more(
    runtime: Runtime, processes: Sequence[FlaskClient]
) -> None:
    villages = Villages(runtime)
    token, home = villages.token(Role.villager), villages.things(Place.own)
    visits = RECIPES["GET /api/v1/households/<household_id>/visits"](home)
    assert [visits.sent(client, token).status_code for client in processes] == [200] * PROCESSES
    assert RECIPES["DELETE /api/v1/bindings/mine"](home).sent(processes[1], token).status_code == 200
    assert [visits.sent(client, token).status_code for client in processes] == [403] * PROCESSES
