"""A42: requests made up from the API's own description, by several roles: no server error, nothing undescribed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from app.kernel.runtime import Runtime
from tests.makers.identity import bearer
from tests.promises.asks import next_address
from tests.promises.villages import Place, Role, Villages

pytestmark = [pytest.mark.promise, pytest.mark.slow]
WHO = (Role.villager, Role.party_member, Role.village_cadre)
CHECKS = (
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
)


@pytest.fixture
def from_many_places(app: Flask) -> Callable[..., Any]:
    """The application, asked each time from another address, so that no limiter answers in its place."""

    def asked(environ: dict[str, Any], start: Any) -> Any:
        environ.pop("HTTP_ACCEPT_ENCODING", None)  # the tool asks for gzip and does not unpack it
        return app(environ | {"REMOTE_ADDR": next_address()}, start)

    return asked


def complaints_about(operation: Any, token: str, *, examples: int, dice: int) -> Iterator[str]:
    """What is wrong with the answers to made-up requests of one operation."""
    found: list[str] = []

    @seed(dice)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        answer = case.call(headers=bearer(token))
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failed:
            found.extend(
                f"{operation.label}: {answer.status_code} {one.title} {' '.join(str(one.message).split())[:300]}"
                for one in failed.exceptions
            )

    ask()
    yield from sorted(set(found))


@pytest.mark.timeout(1800)
def test_a42_made_up_requests_find_no_server_error_and_nothing_undescribed(
    runtime: Runtime, from_many_places: Callable[..., Any], *, full: bool
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", from_many_places)
    villages, wrong, examples = Villages(runtime), list[str](), 100 if full else 8
    villages.things(Place.own)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    for role in WHO:
        for number, operation in enumerate(operations):
            token = villages.token(role)
            assert token
            wrong += [f"{role}: {one}" for one in complaints_about(operation, token, examples=examples, dice=number)]
    print(f"A42: {len(operations)} operations x {len(WHO)} roles x {examples} requests: {len(wrong)} complaints")
    assert wrong == [], "\n".join(wrong)
