"""JSON logs without personal data: messages are constants, facts are named fields from a short list.

An exception is logged by its type and its place in our code, never by its text: texts of foreign exceptions
carry addresses, parameters and secrets.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

FIELDS = frozenset(
    [
        "ref",
        "route",
        "method",
        "status",
        "ms",
        "kind",
        "name",
        "id",
        "count",
        "channel",
        "code",
        "rid",
        "outcome",
        "attempt",
        "port",
        "mode",
        "version",
        "seconds",
        "app",
    ]
)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class UnknownLogField(Exception):
    """A log line named a field that is not on the list: the list is short so that personal data has no way in."""


class JsonFormatter(logging.Formatter):
    """One line of JSON a record; line breaks in values cannot make new lines."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as a line."""
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "from": record.name,
            "says": record.msg if not record.args else record.getMessage(),
        }
        line.update({k: v for k, v in vars(record).items() if k in FIELDS and k not in _PLAIN})
        line.update({"name": record.__dict__["subject"]} if "subject" in record.__dict__ else {})
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False, default=str)


def places(trace: TracebackType | None) -> list[str]:
    """Where an exception passed through, without any value."""
    frames = traceback.extract_tb(trace)[-12:]
    return [f"{frame.filename.rsplit('/', 3)[-1]}:{frame.lineno}:{frame.name}" for frame in frames]


def set_up(level: str) -> None:
    """Send all logs of this process to standard error as JSON; foreign loggers only from WARNING on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("lianxin").setLevel(level)
    logging.raiseExceptions = False


def say(logger: str, message: str, *, level: int = logging.INFO, error: bool = False, **facts: Any) -> None:
    """Log one constant message with facts from the short list."""
    if unknown := set(facts) - FIELDS:
        raise UnknownLogField(", ".join(sorted(unknown)))
    facts = {"subject" if key == "name" else key: value for key, value in facts.items()}
    logging.getLogger(f"lianxin.{logger}").log(level, message, extra=facts, exc_info=error)
