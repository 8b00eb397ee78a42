"""Preset files: TOML, checked by a strict model when the program starts; a fault names file, key and what is allowed."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from app.kernel.preset_words import broken_toml, wrong_key

FOLDER = Path(__file__).resolve().parent.parent / "presets"


class BadPreset(Exception):
    """A preset file that cannot be used; the text names the file, the key and what is allowed."""


class Preset(BaseModel):
    """What every preset file is: strict, frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


_Model = TypeVar("_Model", bound=Preset)


def text_of(path: Path) -> str:
    """What a preset file says, without the mark that some editors put in front; another writing than UTF-8 is refused."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as other:
        raise BadPreset(f"{path.name}：不是用 UTF-8 保存的：请在编辑器里“另存为”，编码选 UTF-8") from other


def load(model: type[_Model], path: Path) -> _Model:
    """One preset file as its model."""
    return parse(model, text_of(path), name=path.name)


def parse(model: type[_Model], content: str, *, name: str) -> _Model:
    """The content of a preset file as its model; `name` is what a fault calls it."""
    try:
        return model.model_validate(tomllib.loads(content))
    except tomllib.TOMLDecodeError as broken:
        raise BadPreset(f"{name}：{broken_toml(broken)}") from broken
    except ValidationError as wrong:
        raise BadPreset(f"{name}：{wrong_key(model, wrong)}") from wrong


def load_folder(model: type[_Model], folder: str) -> dict[str, _Model]:
    """All preset files of one folder by file name."""
    return {path.stem: load(model, path) for path in sorted((FOLDER / folder).glob("*.toml"))}


def version_of(path: Path) -> str:
    """The version of a preset: a hash of its content, frozen into the records that ran under it."""
    return version_of_text(text_of(path))


def version_of_text(content: str) -> str:
    """The version of a preset's content."""
    return hashlib.sha256(content.encode()).hexdigest()[:12]
