"""Keeps phones, messages and agreements across restarts, in one JSON file that is replaced as a whole."""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from sandbox.phones import SCREEN, Item, Phone, Window
from sandbox.postbox import Line
from sandbox.templates import Template
from sandbox.world import World

EVERY = 1.0


class Store:
    """Writes the desk down when it has changed; with no path it does nothing."""

    def __init__(self, world: World, path: Path | None) -> None:
        self._world = world
        self._path = path
        self._saved_revision = -1

    def load(self) -> None:
        """Put the phones back as they were; a missing file is an empty desk."""
        if self._path is None or not self._path.exists():
            return
        told = json.loads(self._path.read_text(encoding="utf-8"))
        for template in told["templates"]:
            self._world.templates.setdefault(template["id"], Template.of(template))
        self._world.config.templates = list(self._world.templates.values())
        for phone in told["phones"]:
            self._world.phones.add(_phone_from(phone))
        self._world.post.lines.extend(Line(**line) for line in told["lines"])
        self._world.post.figures.update(told["figures"])
        self._world.post.count_on_from(told["next_id"])

    async def keep(self) -> None:
        """Save once a second while there is something new."""
        while True:
            await asyncio.sleep(EVERY)
            await asyncio.to_thread(self.save)

    def save(self) -> None:
        """Write the file, when something has changed."""
        if self._path is None or self._saved_revision == self._world.post.revision:
            return
        with self._world.lock:
            self._saved_revision = self._world.post.revision
            text = json.dumps(self._content(), ensure_ascii=False)
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(self._path)

    def _content(self) -> dict[str, Any]:
        return {
            "phones": [_phone_told(phone) for phone in self._world.phones],
            "templates": [asdict(one) for one in self._world.templates.values()],
            "lines": [asdict(line) for line in self._world.post.lines],
            "figures": dict(self._world.post.figures),
            "next_id": self._world.post.next_id(),
        }


def _phone_told(phone: Phone) -> dict[str, Any]:
    told = {one.name: getattr(phone, one.name) for one in fields(phone)}
    return {
        **told,
        "standing": sorted(phone.standing),
        "windows": {name: [asdict(one) for one in windows] for name, windows in phone.windows.items()},
        "screen": [asdict(item) for item in phone.screen],
        "held": [asdict(item) for item in phone.held],
    }


def _phone_from(told: dict[str, Any]) -> Phone:
    windows = {name: [Window(**one) for one in found] for name, found in told["windows"].items()}
    return Phone(
        **{
            **told,
            "standing": set(told["standing"]),
            "windows": windows,
            "screen": deque((Item(**one) for one in told["screen"]), maxlen=SCREEN),
            "held": [Item(**one) for one in told["held"]],
        }
    )
