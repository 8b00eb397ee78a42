"""Logs: one JSON line a record, no field that is not on the list, no text of any exception."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from app.kernel import log


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is written to the log; the logger is left as it was found."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(log.JsonFormatter())
    logger = logging.getLogger("lianxin.test")
    before = (logger.handlers, logger.propagate, logger.level)
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.DEBUG)
    yield stream
    logger.handlers, logger.propagate = before[0], before[1]
    logger.setLevel(before[2])


def test_an_exception_is_told_by_type_and_place_and_never_by_its_text(lines: io.StringIO) -> None:
    try:
        raise ValueError("王桂兰 13800138000 token=abc")
    except ValueError:
        log.say("test", "failed", error=True, ref="7K2M")
    line = json.loads(lines.getvalue())
    assert line["error"] == "ValueError"
    assert line["ref"] == "7K2M"
    assert "13800138000" not in lines.getvalue()
    assert "王桂兰" not in lines.getvalue()


def test_a_field_that_is_not_on_the_list_is_refused() -> None:
    with pytest.raises(log.UnknownLogField):
        log.say("test", "signed in", phone="13800138000")


def test_line_breaks_make_no_lines(lines: io.StringIO) -> None:
    log.say("test", "said", code='x\n{"level": "ERROR"}')
    assert lines.getvalue().count("\n") == 1
