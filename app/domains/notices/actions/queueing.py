"""What is done about messages: queue them beside the deed they tell of, read them, send a failed one again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.domains.notices.errors import WrongValues
from app.domains.notices.preset import Messages
from app.domains.notices.rules import Urgency, sealed_in
from app.kernel.transaction import Tx

_QUEUE = """
    INSERT INTO notices_message (key, person_id, id, template, values_sealed, page, urgency, created_at, next_at, state)
    SELECT v.*, v.queued_at, 'waiting'
    FROM unnest(cast(%s AS text[]), cast(%s AS uuid[]), cast(%s AS uuid[]), cast(%s AS text[]), cast(%s AS bytea[]),
                cast(%s AS text[]), cast(%s AS text[]), cast(%s AS timestamptz[]))
        AS v (key, person_id, id, template, values_sealed, page, urgency, queued_at)
    ON CONFLICT (key, person_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to be queued; page and urgency are the template's own unless they are given.

    `details` are all that the template knows, or none; they are read in the app only.
    """

    person_id: UUID
    template: str
    values: Mapping[str, str] = field(repr=False)
    key: str
    page: str = ""
    urgency: str = ""
    details: Mapping[str, str] = field(default_factory=dict, repr=False)


def queue(
    tx: Tx,
    *,
    person_id: UUID,
    template: str,
    values: Mapping[str, str],
    key: str,
    page: str = "",
    urgency: str = "",
) -> None:
    """Tell a person something, once for this key however often it is asked."""
    queue_many(tx, [Notice(person_id, template, values, key, page, urgency)])


def queue_many(tx: Tx, notices: Iterable[Notice]) -> None:
    """Tell many people at once: one statement for a whole town, and nobody twice under one key.

    It goes along with the other rows of the deed. A set is sent in the order of keys and persons, so that two who tell
    the same people never wait for each other in a circle.
    """
    rows = [_row(tx, notice) for notice in notices]
    if rows:
        tx.add_set(_QUEUE, rows)


def _row(tx: Tx, notice: Notice) -> tuple[Any, ...]:
    messages: Messages = tx.runtime.presets["messages"]
    template = messages.templates.get(notice.template)
    if template is None or template.values != notice.values.keys():
        raise WrongValues(notice.template)
    if notice.details and template.details != notice.details.keys():
        raise WrongValues(notice.template)
    message_id = tx.new_id()
    words = json.dumps({**notice.values, **notice.details}, ensure_ascii=False)
    return (
        notice.key,
        notice.person_id,
        message_id,
        notice.template,
        tx.vault.seal(sealed_in(message_id), words),
        notice.page or template.page,
        str(Urgency(notice.urgency or template.urgency)),
        tx.now,
    )
