"""Messages for tests of channels."""

from __future__ import annotations

from uuid import UUID, uuid4

from app.domains.notices.ports import Outgoing, TemplateText


def outgoing(
    *,
    address: str = "canary-openid",
    page: str = "pages/whistle/show?id=7",
    fields: dict[str, str] | None = None,
    message_id: UUID | None = None,
    template_id: str = "tmpl-1",
    text: str = "李书记您好：村口水管坏了，请今天去看一看。",
) -> Outgoing:
    """A message as the outbox hands it over."""
    template = TemplateText(template_id, fields or {"thing1": "村口水管坏了", "time2": "2026-11-23 15:01"}, page)
    return Outgoing(message_id or uuid4(), address, template, text)
