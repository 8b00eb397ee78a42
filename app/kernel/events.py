"""What has happened: frozen dataclasses in the past tense, handled before the commit of the deed that raised them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from app.kernel.transaction import Tx


@dataclass(frozen=True, slots=True)
class Event:
    """A fact that other domains may want to know; it carries all a reaction needs, so that none reads back."""


Reaction = Callable[["Tx", Any], None]
Reactions = Mapping[type[Event], tuple[Reaction, ...]]
