"""The configuration that `make run` writes for a desk: embedded database, fake WeChat, keys made once and kept."""

from __future__ import annotations

import json
import os
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.adapters.embedded import EmbeddedPostgres

_MP = {"app_id": "wxsandboxminiprog1", "secret": "sandbox-mini-program-secret-0001", "token": "sandboxmp"}
_OA = {"app_id": "wxsandboxofficial1", "secret": "sandbox-official-acc-secret-0001", "token": "sandboxoa"}
_MP_KEY = "sandboxMiniProgramsandboxMiniProgramsandbo0"
_OA_KEY = "sandboxOfficialAcctsandboxOfficialAcctsand0"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where everything of one desk lies and listens."""

    data: Path
    port: int
    sandbox_port: int

    @property
    def url(self) -> str:
        """The API's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def sandbox_url(self) -> str:
        """The fake WeChat's address."""
        return f"http://127.0.0.1:{self.sandbox_port}"

    @property
    def config(self) -> Path:
        """The configuration file that every process of the desk reads."""
        return self.data / "config.toml"

    @property
    def clock(self) -> Path:
        """The file by which the clock is moved."""
        return self.data / "clock.json"


def write_config(desk: Desk, server: EmbeddedPostgres) -> None:
    """Write the desk's configuration anew: addresses may have changed since, the keys never do."""
    tree = {
        "mode": "demo",
        "database": {"url": server.app_url, "owner_url": server.owner_url},
        "web": {"port": desk.port, "public_url": desk.url},
        "wechat": {
            "base_url": desk.sandbox_url,
            "mini_program": {**_MP, "aes_key": _MP_KEY},
            "official_account": {**_OA, "aes_key": _OA_KEY},
        },
        "sms": {"url": f"{desk.sandbox_url}/sms/send", "key": "sandbox-sms-key"},
        "crypto": _keys(desk.data / "keys.json"),
        "storage": {"folder": str(desk.data / "files")},
        "demo": {"clock_file": str(desk.clock), "sandbox_url": desk.sandbox_url},
    }
    _write_private(desk.config, toml_of(tree))


def _keys(path: Path) -> dict[str, Any]:
    if not path.exists():
        made = {"current": "k1", "index_key": secrets.token_hex(32), "keys": {"k1": secrets.token_hex(32)}}
        _write_private(path, json.dumps(made))
    kept: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return kept


def _write_private(path: Path, text: str) -> None:
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def toml_of(tree: Mapping[str, Any], prefix: str = "") -> str:
    """A tree of texts and numbers as TOML."""
    own = [f"{key} = {json.dumps(value)}" for key, value in tree.items() if not isinstance(value, Mapping)]
    tables = [
        f"\n[{prefix}{key}]\n{toml_of(value, f'{prefix}{key}.')}"
        for key, value in tree.items()
        if isinstance(value, Mapping)
    ]
    text = "\n".join([*own, *tables])
    assert prefix or tomllib.loads(text)
    return text
