"""How much of a stranger's spreadsheet we are willing to look at."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on a file; the defaults fit a town's roll of households and refuse what no roll needs."""

    file_bytes: int = 10 * _MIB
    unpacked_bytes: int = 100 * _MIB
    ratio: int = 100  # unpacked to packed
    members: int = 2_000
    rows: int = 50_000
    columns: int = 200
    cell_characters: int = 4_000
    memory_bytes: int = 512 * _MIB
    cpu_seconds: int = 30

    def to_text(self) -> str:
        """For the child's command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Limits:
        """In the child: what the parent allowed."""
        return cls(**json.loads(text))
