"""The preset files of cases: a process is a file, checked when the program starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from app.domains.cases.preset.checks import World, faults, journey_faults
from app.domains.cases.preset.model import CaseKind
from app.domains.identity.preset import load_roles
from app.domains.notices.preset import Messages
from app.kernel.presets import FOLDER, BadPreset, load, parse, text_of, version_of

__all__ = ["CaseKind", "World", "load_all", "load_kind", "read_kind", "world"]


def read_kind(content: str, *, name: str, around: World) -> CaseKind:
    """A kind of case from the content of its file; BadPreset names the first key that is wrong and what is allowed."""
    kind = parse(CaseKind, content, name=name)
    fault = next(faults(kind, around), None) or next(journey_faults(kind), None)
    if fault is None and kind.kind != name.removesuffix(".toml"):
        fault = f"kind：要和文件名一样，写 {name.removesuffix('.toml')}"
    if fault is not None:
        raise BadPreset(f"{name}：{fault}")
    return kind


def load_kind(path: Path, around: World) -> CaseKind:
    """One file of presets/cases."""
    return read_kind(text_of(path), name=path.name, around=around)


def world() -> World:
    """What this city's files may refer to."""
    messages = load(Messages, FOLDER / "messages.toml")
    return World(load_roles(), {name: template.values for name, template in messages.templates.items()})


def load_all() -> dict[str, Any]:
    """Every kind of case by its file's name, and the version of each file."""
    around = world()
    paths = sorted((FOLDER / "cases").glob("*.toml"))
    return {
        "cases": {path.stem: load_kind(path, around) for path in paths},
        "cases_versions": {path.stem: version_of(path) for path in paths},
    }
