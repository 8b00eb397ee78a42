"""Who the sandbox plays: appids, secrets, callback keys, templates; and the settings one may turn while it runs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from sandbox.templates import Template


@dataclass(slots=True)
class App:
    """One account at WeChat: the mini-program, the official account or WeCom."""

    kind: str
    appid: str
    secret: str
    token: str
    aes_key: str
    original_id: str
    callback: str = ""
    mode: str = "safe"  # plain | compatible | safe
    format: str = "xml"  # xml | json


@dataclass(slots=True)
class Settings:
    """What a test or a person at the desk may change while the sandbox runs (`/__ctl/settings`)."""

    enforce_credits: bool = True  # 43101 without a credit
    refuse_concurrent: bool = True  # 43108 when two calls to one openid overlap
    honour_client_msg_id: bool = True  # a repeated client_msg_id is answered, not shown again
    subscribe_per_day: int = 10_000_000
    template_per_day: int = 100_000
    token_life: int = 7200
    token_grace: int = 300  # how long the previous classic token still works
    classic_per_day: int = 2000
    ip_allowed: bool = True  # false: 40164 on every token fetch
    country_code_as_number: bool = False
    push_events: bool = True
    sent_event_delay: float = 0.3
    template_status: str = "success"  # failed:user block | failed: system failed | failed:freq limit
    media_delay: float = 1.0
    media_verdict: str = "pass"  # pass | review | risky | never | -1008
    media_old_shape: bool = False
    risky_words: dict[str, int] = field(default_factory=lambda: {"赌博网站": 20006, "刷单返利": 20008})
    review_words: dict[str, int] = field(default_factory=lambda: {"往死里打": 20003})
    push_timeout: float = 5.0  # seconds WeChat waits for an answer of ours
    push_copies: int = 1  # how often each event is sent although it was answered
    push_shuffle: bool = False  # events arrive out of order
    json_wrapper: bool = False  # JSON events keep their wrapper element
    slow_net_seconds: float = 0.0  # how late messages reach the phones
    sms_refusal: int = 0  # the code that every SMS is refused with; 0: none

    def change(self, changes: dict[str, Any]) -> None:
        """Take new values; an unknown name or another type is a ValueError that names it."""
        known = {one.name: getattr(self, one.name) for one in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"no such setting: {name}")
            if not _same_kind(known[name], value):
                raise ValueError(f"setting {name} is {type(known[name]).__name__}")
        for name, value in changes.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        """All values."""
        return asdict(self)


def _same_kind(old: object, new: object) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    if isinstance(old, float):
        return isinstance(new, int | float)
    return isinstance(new, type(old))


@dataclass(slots=True)
class Config:
    """Everything the sandbox is told at its start."""

    mp: App
    oa: App
    wecom: App
    wecom_agents: dict[int, str]
    sms_key: str
    templates: list[Template]
    pages: list[str] | None = None  # the published pages; None: every page is there
    h5_base: str = ""  # where the H5 client is served; links on the phones open there
    settings: dict[str, Any] = field(default_factory=dict)


def starter() -> Config:
    """The accounts that a desk uses unless a file says otherwise."""
    return Config(
        mp=App(
            "mp", "wxsandboxminiprog1", "sandbox-mini-program-secret-0001", "sandboxmp",
            "sandboxMiniProgramsandboxMiniProgramsandbo0", "gh_sandboxmp001", format="json",
        ),
        oa=App(
            "oa", "wxsandboxofficial1", "sandbox-official-acc-secret-0001", "sandboxoa",
            "sandboxOfficialAcctsandboxOfficialAcctsand0", "gh_sandboxoa001",
        ),
        wecom=App(
            "wecom", "wwsandboxcorpid001", "sandbox-wecom-secret", "sandboxwecom",
            "sandboxWeComCorpSbxsandboxWeComCorpSbxsand0", "wwsandboxcorpid001",
        ),
        wecom_agents={1000002: "sandbox-wecom-secret"},
        sms_key="sandbox-sms-key",
        templates=[],
    )  # fmt: skip


def load(path: Path | None) -> Config:
    """The starter accounts, with what the JSON file says laid over them."""
    config = starter()
    if path is None:
        return config
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for kind in ("mp", "oa", "wecom"):
        app = getattr(config, kind)
        for name, value in told.get(kind, {}).items():
            _put(app, kind, name=name, value=value)
    config.wecom_agents.update({int(key): value for key, value in told.get("wecom_agents", {}).items()})
    config.templates = [Template.of(one) for one in told.get("templates", [])]
    for name in ("sms_key", "pages", "h5_base", "settings"):
        if name in told:
            setattr(config, name, told[name])
    return config


def _put(app: App, kind: str, *, name: str, value: str) -> None:
    if name not in App.__slots__:
        raise ValueError(f"no such key: {kind}.{name}")
    setattr(app, name, value)
