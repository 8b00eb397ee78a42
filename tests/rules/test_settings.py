"""Settings: the example is complete, a wrong key stops the start by its name, secrets come from the environment."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

import pytest

from app.settings import BadSettings, Settings, load, settings_of

EXAMPLE = Path(__file__).parents[2] / "config.example.toml"
SECRETS = [
    "LIANXIN_MP_SECRET",
    "LIANXIN_MP_TOKEN",
    "LIANXIN_MP_AES_KEY",
    "LIANXIN_OA_SECRET",
    "LIANXIN_OA_TOKEN",
    "LIANXIN_OA_AES_KEY",
]


@pytest.fixture
def tree(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The example as a tree, with its secrets in the environment."""
    for name in SECRETS:
        monkeypatch.setenv(name, "s" * 43 if name.endswith("AES_KEY") else "s")
    for name in ("LIANXIN_KEY_1", "LIANXIN_INDEX_KEY"):
        monkeypatch.setenv(name, "ab" * 32)
    return tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))


def names_in(tree: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in tree.items():
        yield f"{prefix}{key}"
        if isinstance(value, Mapping) and key != "keys":
            yield from names_in(value, f"{prefix}{key}.")


def names_of(kind: Any, prefix: str = "") -> Iterator[str]:
    hints = get_type_hints(kind)
    for field in fields(kind):
        yield f"{prefix}{field.name}"
        if is_dataclass(hints[field.name]):
            yield from names_of(hints[field.name], f"{prefix}{field.name}.")


def test_the_example_names_every_setting_and_no_other(tree: dict[str, Any]) -> None:
    assert set(names_in(tree)) == set(names_of(Settings))


def test_the_example_loads(tree: dict[str, Any]) -> None:
    assert settings_of(tree).wechat.mini_program.secret == "s"
    assert load(EXAMPLE).mode == "production"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda t: t["web"].update(prot=1), "web.prot"),
        (lambda t: t["web"].update(port="80"), "web.port"),
        (lambda t: t["database"].pop("url"), "database.url"),
        (lambda t: t.update(mode="prod"), "mode"),
        (lambda t: t.update(web=3), "web"),
        (lambda t: t["crypto"].update(current="k9"), "crypto.current"),
        (lambda t: t["crypto"].update(index_key="short"), "crypto.index_key"),
        (lambda t: t["demo"].update(clock_file="x"), "demo.clock_file"),
        (lambda t: t["sms"].update(key="env:NOT_THERE"), "sms.key"),
        (lambda t: t.update(county="41900"), "county"),
        (lambda t: t["database"].update(schema="a b"), "database.schema"),
        (lambda t: t["database"].update(pool_size=0), "database.pool_size"),
        (lambda t: t["database"].update(patience=0.0), "database.patience"),
        (lambda t: t["web"].update(public_url="lianxin.example.gov.cn"), "web.public_url"),
        (lambda t: t["web"].update(public_url="https://x.cn/m/"), "web.public_url"),
        (lambda t: t["web"].update(proxies=-1), "web.proxies"),
        (lambda t: t["storage"].update(folder=" "), "storage.folder"),
        (lambda t: t["wechat"]["mini_program"].update(aes_key="short"), "wechat.mini_program.aes_key"),
    ],
)
def test_a_wrong_setting_stops_the_start_by_its_name(tree: dict[str, Any], change: Any, named: str) -> None:
    change(tree)
    with pytest.raises(BadSettings, match=named.replace(".", r"\.")):
        settings_of(tree)


def test_a_file_that_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="config.example.toml"):
        load(tmp_path / "none.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("[web\n", encoding="utf-8")
    with pytest.raises(BadSettings, match=r"broken\.toml"):
        load(broken)


def test_a_file_that_an_editor_has_marked_is_read_and_one_in_another_writing_is_named(
    tree: dict[str, Any], tmp_path: Path
) -> None:
    assert tree
    text, config = EXAMPLE.read_text(encoding="utf-8"), tmp_path / "config.toml"
    config.write_text(text, encoding="utf-8-sig")
    assert load(config).county == "419001"
    config.write_text(f"# 济源\n{text}", encoding="gb18030")
    with pytest.raises(BadSettings, match=r"config\.toml 不是用 UTF-8"):
        load(config)
