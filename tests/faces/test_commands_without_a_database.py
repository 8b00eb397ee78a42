"""Every command, typed when PostgreSQL is away, is another one, or has no tables yet: one sentence that says what to do."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import click
import pytest
from sqlalchemy import make_url

import app.__main__
import bot.__main__
from app.adapters.database import engine_for
from app.adapters.desk import toml_of
from app.adapters.embedded import EmbeddedPostgres
from app.settings import Database, Demo, Settings, Storage, WeChat
from tests.conftest import CRYPTO, MINI_PROGRAM, OFFICIAL_ACCOUNT, database_of

CODE, SOMEBODY = "419001101203", "00000000-0000-4000-8000-000000000000"
NEED_NO_DATABASE = {"run", "preset check", "preset show"}
COMMANDS: dict[str, tuple[str, ...]] = {
    "import divisions": (),
    "import households": ("{roll}", "--dry-run"),
    "import undo": (SOMEBODY,),
    "import duplicates": (),
    "import calendar": ("{calendar}",),
    "qr-sheets": ("--village", CODE, "{out}"),
    "code revoke": ("--village", CODE, "--reason", "丢了", "7"),
    "zone assign": ("1", "--village", CODE, "--member", "段永平"),
    "zone import": ("{zone}",),
    "zone hand-over": ("--village", CODE, "--from", "段永平", "--to", "侯秀英", "--reason", "外出"),
    "zone deputy": (
        *("--village", CODE, "--absent", "段永平", "--deputy", "侯秀英"),
        *("--from", "2026-11-02", "--until", "2026-11-05"),
    ),
    "zone coverage": (),
    "member add": ("--village", CODE, "13800000009"),
    "member leave": ("--village", CODE, "--reason", "转出", "13800000009"),
    "grid add": ("--village", CODE, "东头网格"),
    "grant": ("--phone", "13800000005", "village_cadre", CODE),
    "revoke": (SOMEBODY,),
    "roster": (),
    "staff add": ("zhou-min", "--phone", "13800000005"),
    "staff passwd": ("zhou-min",),
    "person find": ("--village", CODE, "段永平"),
    "person leave": ("--phone", "13800000005", "--reason", "迁走"),
    "forget": (),
    "slips": ("--village", CODE, "{out}"),
    "vacancies": (),
    "demo grow": (),
    "demo token": ("member",),
    "doctor": (),
    "migrate": (),
    "backup": ("{out}",),
    "restore": ("{roll}",),
    "letters list": (),
    "letters retry": (SOMEBODY,),
}
WORK_BEFORE_MIGRATE = {"migrate", "restore"}


def leaves(group: click.Group, before: str = "") -> Iterator[str]:
    """Every command one can type, as it is typed."""
    for name, command in group.commands.items():
        whole = f"{before} {name}".strip()
        yield from leaves(command, whole) if isinstance(command, click.Group) else [whole]


def test_every_command_is_tried_here() -> None:
    assert set(leaves(app.__main__.cli)) == set(COMMANDS) | NEED_NO_DATABASE


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """What a command may ask for; all of it is fine, so that only the database is missing."""
    written = {
        "roll": "村,组,户号,姓名,与户主关系\n山口村,三组,0315,卢春梅,户主\n",
        "calendar": "day,working\n2027-01-01,0\n",
        "zone": "村代码,户号,联户党员\n419001101203,1,段永平\n",
    }
    for name, content in written.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    return {name: str(tmp_path / f"{name}.csv") for name in written} | {"out": str(tmp_path / "out")}


class Terminal:
    """Types a command at a desk whose configuration names this database."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._folder = folder
        self._capsys = capsys

    def point_at(self, database: Database) -> None:
        """Name the database."""
        settings = Settings(
            mode="test",
            database=database,
            wechat=WeChat(mini_program=MINI_PROGRAM, official_account=OFFICIAL_ACCOUNT, base_url="http://127.0.0.1:9"),
            crypto=CRYPTO,
            storage=Storage(folder=str(self._folder / "files")),
            demo=Demo(clock_file=str(self._folder / "clock.json")),
        )
        (self._folder / "config.toml").write_text(toml_of(asdict(settings)), encoding="utf-8")

    def type(self, *words: str) -> tuple[int, str]:
        """The exit code, and what was said on standard error."""
        self._capsys.readouterr()
        code = app.__main__.main(words)
        return code, self._capsys.readouterr().err


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """An operator's terminal."""
    monkeypatch.setenv("LIANXIN_CONFIG", str(tmp_path / "config.toml"))
    return Terminal(tmp_path, capsys)


def refused(terminal: Terminal, name: str, files: dict[str, str]) -> str:
    """The one line a command ends with."""
    code, said = terminal.type(*name.split(), *(word.format(**files) for word in COMMANDS[name]))
    lines = said.strip().splitlines()
    assert (code, len(lines)) == (1, 1), f"{name}: {code} {said}"
    return lines[0]


def nobody_listens() -> Database:
    """A port that is closed."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    closed = f"postgresql+psycopg://lianxin_app:secret@127.0.0.1:{port}/lianxin"
    return Database(url=closed, owner_url=closed)


@pytest.mark.parametrize("name", COMMANDS)
def test_without_a_database_a_command_says_what_to_do(name: str, terminal: Terminal, files: dict[str, str]) -> None:
    terminal.point_at(nobody_listens())
    said = refused(terminal, name, files)
    assert said.startswith("连不上数据库：请看 PostgreSQL 是否在运行")
    assert "secret" not in said


@pytest.fixture(scope="module")
def bare(cluster: EmbeddedPostgres) -> Iterator[Database]:
    """A database that nobody has migrated."""
    cluster.create_database("bare")
    yield database_of(cluster, "bare")
    cluster.drop_database("bare")


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - WORK_BEFORE_MIGRATE))
def test_before_migrate_a_command_says_so(name: str, terminal: Terminal, files: dict[str, str], bare: Database) -> None:
    terminal.point_at(bare)
    assert "请先运行 python -m app migrate" in refused(terminal, name, files)


@pytest.mark.parametrize("name", ["roster", "migrate", "backup"])
@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"user": "lianxin_nobody"}, "还没有建|不认这个密码"),
        ({"password": "wrong"}, "不认这个密码"),
        ({"database": "elsewhere"}, "还没有建"),
    ],
)
def test_a_wrong_database_is_told_from_one_that_is_away(
    name: str, change: dict[str, str], says: str, terminal: Terminal, files: dict[str, str], bare: Database
) -> None:
    def changed(url: str) -> str:
        parts = make_url(url).set(
            username=change.get("user"), password=change.get("password"), database=change.get("database")
        )
        return parts.render_as_string(hide_password=False)

    terminal.point_at(replace(bare, url=changed(bare.url), owner_url=changed(bare.owner_url)))
    said = refused(terminal, name, files)
    assert any(part in said for part in says.split("|")), said


@pytest.mark.parametrize("url", ["lianxin", "mysql://root@localhost/x", "postgresql+psycopg://a:b@h:port/x"])
def test_an_address_that_is_none_is_named_by_its_key(url: str, terminal: Terminal, files: dict[str, str]) -> None:
    terminal.point_at(Database(url=url, owner_url=url))
    for name in ("roster", "migrate", "doctor"):
        assert refused(terminal, name, files).startswith("database.url：写法不对，要像 postgresql+psycopg://")


def test_without_a_configuration_the_way_to_one_is_told(terminal: Terminal, files: dict[str, str]) -> None:
    assert "config.example.toml" in refused(terminal, "roster", files)


def test_tables_of_a_later_version_are_not_touched(
    terminal: Terminal, files: dict[str, str], database: Database
) -> None:
    terminal.point_at(database)
    engine = engine_for(database, url=database.owner_url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    assert "比这个程序新" in refused(terminal, "migrate", files)
    assert "9999 版" in refused(terminal, "doctor", files)


def test_an_archive_comes_back_only_where_nothing_is(
    terminal: Terminal, files: dict[str, str], database: Database
) -> None:
    terminal.point_at(database)
    assert "已经有表" in refused(terminal, "restore", files)


def test_a_file_that_cannot_be_written_is_named(terminal: Terminal, database: Database) -> None:
    terminal.point_at(database)
    code, said = terminal.type("import", "households", "--template", "/proc/nowhere/roll.xlsx")
    assert (code, "/proc/nowhere" in said) == (1, True), said


def test_a_worker_says_the_same(terminal: Terminal, capsys: pytest.CaptureFixture[str]) -> None:
    terminal.point_at(nobody_listens())
    assert bot.__main__.main(["scheduler"]) == 1
    assert capsys.readouterr().err.startswith("连不上数据库")
