"""The way to PostgreSQL: the engine of a process, and migrations, which run as the owner."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, ProgrammingError
from sqlalchemy.orm import Session, sessionmaker

from app.kernel import policies
from app.kernel.driver import keep_prepared
from app.kernel.runtime import HAS_SMS
from app.kernel.transaction import refuse_changes
from app.settings import BadSettings, Database

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
_MODELS = (
    "app.kernel.receipts",
    "app.kernel.ticks",
    "app.kernel.policies",
    "app.kernel.calendar_days",
    "app.adapters.wechat.tokens",
    *(
        f"app.domains.{name}.models"
        for name in (
            "areas",
            "identity",
            "members",
            "media",
            "audit",
            "notices",
            "duties",
            "points",
            "visits",
            "appraisals",
            "cases",
        )
    ),
)

_VERSION = text("SELECT version_num FROM alembic_version")
_HOW_TO_WRITE_IT = "database.url：写法不对，要像 postgresql+psycopg://用户:密码@地址:5432/库名（owner_url 也一样）"


class TablesTooNew(Exception):
    """The database was migrated by a later version than this program; the text says what to do."""

    def __init__(self) -> None:
        super().__init__("数据库的表比这个程序新：请先把程序更新到最新，再运行 python -m app migrate。")


def import_models() -> None:
    """Make every table known to the metadata."""
    for name in _MODELS:
        importlib.import_module(name)


def engine_for(database: Database, *, url: str | None = None, pool_size: int | None = None) -> Engine:
    """An engine into one county's schema; parameters never reach an error text or a log."""
    options = f"-csearch_path={database.schema} -ctimezone=UTC -cstatement_timeout=30s -clock_timeout=10s"
    engine = create_engine(
        _understood(url or database.url),
        pool_size=pool_size or database.pool_size,
        max_overflow=0,
        pool_timeout=database.patience,
        pool_pre_ping=False,
        hide_parameters=True,
        connect_args={
            "options": options,
            "connect_timeout": max(2, int(database.patience)),
            "application_name": "lianxin",
        },
    )
    event.listen(engine, "before_cursor_execute", refuse_changes)
    keep_prepared(engine)
    return engine


def _understood(url: str) -> URL:
    """The address taken apart, or the sentence that says how one is written."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError) as wrong:
        raise BadSettings(_HOW_TO_WRITE_IT) from wrong
    if parts.drivername != "postgresql+psycopg":
        raise BadSettings(_HOW_TO_WRITE_IT)
    return parts


def sessions_on(engine: Engine, *, has_sms: bool = False) -> sessionmaker[Session]:
    """Sessions whose rows stay readable after the commit, so that an answer can be built from them.

    Each knows whether the house can send an SMS: who is heard depends on it, and is asked in the middle of queries.
    """
    return sessionmaker(engine, expire_on_commit=False, info={HAS_SMS: has_sms})


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema to a revision, as the owner; at the head the presets of today are registered too."""
    if revision == "head" and is_current(database):
        _register_presets(database)
        return
    from alembic import command  # a web process never needs it, nor does a start at which nothing has changed
    from alembic.util import CommandError

    move = command.downgrade if revision == "base" else command.upgrade
    try:
        move(_config(database), revision)
    except CommandError as unknown:
        raise TablesTooNew from unknown
    if revision == "head":
        _register_presets(database)


def is_current(database: Database) -> bool:
    """Whether the schema is that of this program already."""
    head, _, _ = (MIGRATIONS / "head").read_text(encoding="utf-8").partition("_")
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    try:
        with engine.connect() as connection:
            return connection.execute(_VERSION).scalar() == head
    except ProgrammingError:
        return False
    finally:
        engine.dispose()


def _register_presets(database: Database) -> None:
    """Keep the versions of today's preset files, so that every record finds the rules it was opened under."""
    engine = engine_for(database, url=database.owner_url, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        policies.register(connection)
    engine.dispose()


def _config(database: Database) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["database"] = database
    return config
