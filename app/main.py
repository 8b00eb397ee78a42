"""The one wiring place: settings become a runtime, a runtime becomes the faces."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from app.adapters.database import TablesTooNew, engine_for, import_models, sessions_on
from app.adapters.database_words import sentence_of
from app.adapters.places import data_folder
from app.domains.appraisals import preset as appraisals
from app.domains.areas import preset as areas
from app.domains.cases import preset as cases
from app.domains.duties import preset as duties
from app.domains.identity import preset as identity
from app.domains.media import preset as media
from app.domains.notices import preset as notices
from app.domains.points import preset as points
from app.domains.retention import preset as retention
from app.domains.stats import preset as stats
from app.domains.visits import preset as visits
from app.kernel import log
from app.kernel.calendar_days import imported_days
from app.kernel.clock import Clock, MovableClock, SystemClock
from app.kernel.clocks import Calendar, load_calendar
from app.kernel.crypto import Vault
from app.kernel.errors import Refusal
from app.kernel.presets import FOLDER, BadPreset
from app.kernel.runtime import Runtime
from app.reactions import REACTIONS
from app.settings import BadSettings, Crypto, Demo, Settings, load

if TYPE_CHECKING:
    from flask import Flask  # a worker and a command never need it

FOR_THE_OPERATOR = (Refusal, BadSettings, BadPreset, TablesTooNew, SQLAlchemyError, OSError)


def settings_path() -> Path:
    """LIANXIN_CONFIG, else config.toml here, else the one that `make run` wrote."""
    if given := os.environ.get("LIANXIN_CONFIG"):
        return Path(given)
    here = Path("config.toml")
    return here if here.exists() else data_folder() / "config.toml"


def what_to_do(fault: Exception) -> str | None:
    """The sentence for whoever typed a command; None for a fault of ours, which belongs into a traceback."""
    if isinstance(fault, Refusal):
        return fault.sentence
    if isinstance(fault, SQLAlchemyError):
        return sentence_of(fault)
    if isinstance(fault, OSError):
        return (
            f"读不到或写不进 {fault.filename}：请看这个地方在不在、有没有权限、磁盘满没满。" if fault.filename else None
        )
    return str(fault)


def build_runtime(settings: Settings, *, ports: Mapping[type[Any], Any] | None = None) -> Runtime:
    """Everything a process holds; `ports` replaces the outside world, for tests of what is inside."""
    import_models()
    engine = engine_for(settings.database)
    sessions = sessions_on(engine, has_sms=bool(settings.sms.url))
    clock, vault = clock_for(settings.demo), vault_for(settings.crypto)
    return Runtime(
        settings=settings,
        engine=engine,
        sessions=sessions,
        clock=clock,
        calendar=_calendar(engine),
        vault=vault,
        reactions=REACTIONS,
        presets=load_presets(),
        ports=_outside(settings, engine, vault=vault, clock=clock) if ports is None else ports,
    )


def load_presets() -> dict[str, Any]:
    """What this city runs, by name; BadPreset stops the start with file, key and what is allowed."""
    every = (areas, identity, notices, duties, points, visits, media, appraisals, cases, stats, retention)
    return {name: preset for domain in every for name, preset in domain.load_all().items()}


def clock_for(demo: Demo) -> Clock:
    """The machine's clock, or on a desk the one that can be moved."""
    return MovableClock(Path(demo.clock_file)) if demo.clock_file else SystemClock()


def vault_for(crypto: Crypto) -> Vault:
    """The vault with the configured keys."""
    keys = {name: bytes.fromhex(key) for name, key in crypto.keys.items()}
    return Vault(keys, crypto.current, bytes.fromhex(crypto.index_key))


def _outside(settings: Settings, engine: Engine, *, vault: Vault, clock: Clock) -> Mapping[type[Any], Any]:
    from app.adapters.outside import ports_for

    return ports_for(settings, engine=engine, vault=vault, clock=clock)


def _calendar(engine: Engine) -> Calendar:
    """The first look into the database: when there is none, nothing of the engine is left behind."""
    try:
        with sessions_on(engine)() as db:
            return load_calendar(FOLDER / "calendars").with_days(imported_days(db))
    except SQLAlchemyError:
        engine.dispose()
        raise


@contextmanager
def open_runtime(path: Path | None = None) -> Iterator[Runtime]:
    """A runtime for one command or one worker; its connections are closed at the end."""
    settings = load(path or settings_path())
    log.set_up(settings.log.level)
    runtime = build_runtime(settings)
    try:
        yield runtime
    finally:
        runtime.engine.dispose()


def create_app(runtime: Runtime) -> Flask:
    """The web process: the mini-program's API and WeChat's callback over one runtime."""
    import bot.callback
    import miniprogram_api
    from app.web.application import build

    return build(runtime, (*miniprogram_api.faces(), bot.callback.callback))


def application() -> Flask:
    """What the web server starts."""
    settings = load(settings_path())
    log.set_up(settings.log.level)
    return create_app(build_runtime(settings))
