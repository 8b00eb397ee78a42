"""What a running process holds: settings, database, clock, vault, presets, reactions, and the ports to the outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from app.kernel.clock import Clock
from app.kernel.clocks import Calendar
from app.kernel.crypto import Vault
from app.kernel.events import Reactions
from app.settings import Settings

HAS_SMS = "has_sms"  # what a session of this house knows of its ways out
_Port = TypeVar("_Port")


@dataclass(frozen=True)
class Runtime:
    """Built once by `app.main`, handed to every face; nothing in it changes afterwards."""

    settings: Settings
    engine: Engine
    sessions: sessionmaker[Session]
    clock: Clock
    calendar: Calendar
    vault: Vault
    reactions: Reactions
    presets: Mapping[str, Any] = field(default_factory=dict)
    ports: Mapping[type[Any], Any] = field(default_factory=dict)

    def port(self, kind: type[_Port]) -> _Port:
        """The adapter that stands behind a domain's port."""
        adapter: _Port = self.ports[kind]
        return adapter
