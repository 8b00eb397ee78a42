"""Typed settings, read once from config.toml at start; a wrong, unknown or missing key stops the start by its name."""

from __future__ import annotations

import os
import re
import tomllib
import types
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints


class BadSettings(Exception):
    """The configuration cannot be used; the text names the dotted key and what to do."""


@dataclass(frozen=True)
class Database:
    """Where this county's PostgreSQL is; one county is one schema."""

    url: str = field(repr=False)
    owner_url: str = field(repr=False)
    schema: str = "lianxin"
    pool_size: int = 8
    patience: float = 2.5  # seconds


@dataclass(frozen=True)
class Web:
    """The HTTP face: where it listens and how it is reached from outside."""

    host: str = "127.0.0.1"
    port: int = 8000
    public_url: str = "http://127.0.0.1:8000"
    proxies: int = 0
    workers: int = 1
    threads: int = 8


@dataclass(frozen=True)
class WeChatApp:
    """One WeChat app, mini-program or official account; all of it comes from its admin page."""

    app_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    aes_key: str = field(repr=False)
    mode: Literal["plain", "compatible", "safe"] = "safe"


@dataclass(frozen=True)
class WeChat:
    """How WeChat is reached; the sandbox and an egress proxy use the same switch."""

    mini_program: WeChatApp
    official_account: WeChatApp
    base_url: str = "https://api.weixin.qq.com"
    mini_program_state: Literal["developer", "trial", "formal"] = "formal"


@dataclass(frozen=True)
class Sms:
    """The SMS gateway; an empty url means that no SMS is sent."""

    url: str = ""
    key: str = field(default="", repr=False)


@dataclass(frozen=True)
class Redis:
    """Cache and limiter; an empty url means memory of the process."""

    url: str = field(default="", repr=False)


@dataclass(frozen=True)
class Crypto:
    """Keys of 32 bytes in hex by name; `current` seals, all open; `index_key` finds, and never changes."""

    keys: dict[str, str] = field(repr=False)
    current: str
    index_key: str = field(repr=False)


@dataclass(frozen=True)
class Storage:
    """The folder that holds pictures and voices."""

    folder: str = "var/files"


@dataclass(frozen=True)
class Log:
    """How much is logged; personal data never is."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"


@dataclass(frozen=True)
class Demo:
    """For a desk and for tests only: the movable clock and the fake WeChat's address."""

    clock_file: str = ""
    sandbox_url: str = ""


@dataclass(frozen=True)
class Settings:
    """Everything a process must know before it starts."""

    database: Database
    wechat: WeChat
    crypto: Crypto
    mode: Literal["production", "demo", "test"] = "production"
    county: str = "419001"
    web: Web = field(default_factory=Web)
    sms: Sms = field(default_factory=Sms)
    redis: Redis = field(default_factory=Redis)
    storage: Storage = field(default_factory=Storage)
    log: Log = field(default_factory=Log)
    demo: Demo = field(default_factory=Demo)


def load(path: Path) -> Settings:
    """The settings of one file; BadSettings says which key is wrong."""
    try:
        tree = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as missing:
        raise BadSettings(
            f"读不到配置文件 {path.name}：正式的请照 config.example.toml 写一份，演示的请先 make run"
        ) from missing
    except UnicodeDecodeError as other:
        raise BadSettings(f"配置文件 {path.name} 不是用 UTF-8 保存的：请在编辑器里“另存为”，编码选 UTF-8") from other
    except tomllib.TOMLDecodeError as broken:
        raise BadSettings(f"配置文件 {path.name} 写法不对：{broken}") from broken
    return settings_of(tree)


def settings_of(tree: Mapping[str, Any]) -> Settings:
    """Settings from a tree of tables, checked as a whole."""
    settings: Settings = _build(Settings, tree, "")
    if settings.mode == "production" and (settings.demo.clock_file or settings.demo.sandbox_url):
        raise BadSettings("demo.clock_file / demo.sandbox_url：正式运行不许用，请删去 [demo] 一节")
    _check_keys(settings.crypto)
    _check_values(settings)
    return settings


def _check_values(settings: Settings) -> None:
    """What has the right type and still cannot be meant, before it is printed on a door or found out at night."""
    database, web, wechat = settings.database, settings.web, settings.wechat
    apps = {"mini_program": wechat.mini_program, "official_account": wechat.official_account}
    must = [
        (_is(r"\d{6}", settings.county), "county：要 6 位区划代码，如 419001"),
        (_is(r"[a-z_][a-z0-9_]{0,62}", database.schema), "database.schema：只用小写字母、数字和下划线，如 lianxin"),
        (database.pool_size >= 1, "database.pool_size：至少 1"),
        (database.patience > 0, "database.patience：要大于 0（秒）"),
        (_is(r"https?://[^/\s?#]+", web.public_url), "web.public_url：要网址，如 https://lianxin.example.gov.cn"),
        (web.proxies >= 0, "web.proxies：不能小于 0"),
        (bool(settings.storage.folder.strip()), "storage.folder：要写一个文件夹"),
        *((_has_key(app), f"wechat.{name}.aes_key：要微信后台给的 43 个字符") for name, app in apps.items()),
    ]
    for is_well, sentence in must:
        if not is_well:
            raise BadSettings(sentence)


def _is(pattern: str, said: str) -> bool:
    return re.fullmatch(pattern, said) is not None


def _has_key(app: WeChatApp) -> bool:
    return _is(r"[A-Za-z0-9+/]{43}", app.aes_key) or (app.mode == "plain" and not app.aes_key)


def _check_keys(crypto: Crypto) -> None:
    if crypto.current not in crypto.keys:
        raise BadSettings(f"crypto.current：crypto.keys 里没有 {crypto.current!r}")
    for name, key in {**crypto.keys, "index_key": crypto.index_key}.items():
        if len(key) != 64 or set(key) - set("0123456789abcdefABCDEF"):
            raise BadSettings(f"crypto.{name}：要 32 字节的十六进制（64 个字符），可用 openssl rand -hex 32 生成")


def _build(kind: Any, tree: Mapping[str, Any], prefix: str) -> Any:
    hints = get_type_hints(kind)
    known = {f.name: f for f in fields(kind)}
    for name in tree:
        if name not in known:
            raise BadSettings(f"{prefix}{name}：不认识这一项，可用的有 {'、'.join(known)}")
    values = {}
    for name, described in known.items():
        if name in tree:
            values[name] = _value(hints[name], tree[name], f"{prefix}{name}")
        elif described.default is MISSING and described.default_factory is MISSING:
            raise BadSettings(f"{prefix}{name}：缺这一项")
    return kind(**values)


def _value(hint: Any, given: Any, name: str) -> Any:
    if is_dataclass(hint):
        if not isinstance(given, Mapping):
            raise BadSettings(f"{name}：要写成一节 [{name}]")
        return _build(hint, given, f"{name}.")
    if get_origin(hint) is dict:
        return _texts(given, name)
    if get_origin(hint) is Literal:
        return _choice(get_args(hint), given, name)
    return _scalar(hint, _from_environment(given, name), name)


def _texts(given: Any, name: str) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise BadSettings(f"{name}：要写成一节 [{name}]")
    return {key: _scalar(str, _from_environment(text, f"{name}.{key}"), f"{name}.{key}") for key, text in given.items()}


def _choice(choices: tuple[Any, ...], given: Any, name: str) -> Any:
    if given not in choices:
        raise BadSettings(f"{name}：只能是 {'、'.join(map(str, choices))}")
    return given


def _scalar(hint: Any, given: Any, name: str) -> Any:
    allowed = get_args(hint) if get_origin(hint) in (Union, types.UnionType) else (hint,)
    if type(given) not in allowed:
        raise BadSettings(f"{name}：类型不对，要 {hint.__name__}")
    return given


def _from_environment(given: Any, name: str) -> Any:
    if not (isinstance(given, str) and given.startswith("env:")):
        return given
    variable = given.removeprefix("env:")
    if variable not in os.environ:
        raise BadSettings(f"{name}：环境变量 {variable} 没有设置")
    return os.environ[variable]
