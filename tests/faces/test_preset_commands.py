"""What an operator types about processes: check, show, vacancies."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from click.testing import CliRunner

from app.commands.presets import check, presets
from app.domains.cases import queries
from app.domains.cases.preset import load_all
from app.kernel.presets import FOLDER, BadPreset
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading
from tests.conftest import MORNING
from tests.makers.areas import COUNTY, VILLAGE
from tests.makers.cases import make_roster


def test_all_files_are_checked_and_a_faulty_one_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(check, [])
    assert (done.exit_code, done.output) == (0, "presets 里的文件都对。\n")
    bad = tmp_path / "whistle.toml"
    text = (FOLDER / "cases" / "whistle.toml").read_text(encoding="utf-8")
    bad.write_text(text.replace('opens_in = "received"', 'opens_in = "start"'), encoding="utf-8")
    refused = CliRunner().invoke(check, [str(bad)])
    assert isinstance(refused.exception, BadPreset)
    assert "whistle.toml：opens_in：“start”没有定义" in str(refused.exception)


def test_a_file_in_another_writing_is_named_and_an_editors_mark_does_not_matter(tmp_path: Path) -> None:
    saved = tmp_path / "whistle.toml"
    text = (FOLDER / "cases" / "whistle.toml").read_text(encoding="utf-8")
    saved.write_text(text, encoding="utf-8-sig")
    assert CliRunner().invoke(check, [str(saved)]).exit_code == 0
    saved.write_text(text, encoding="gb18030")
    refused = CliRunner().invoke(check, [str(saved)])
    assert isinstance(refused.exception, BadPreset)
    assert "whistle.toml：不是用 UTF-8 保存的" in str(refused.exception)


def test_a_kind_of_appraisal_is_checked_wherever_it_lies(tmp_path: Path) -> None:
    text = (FOLDER / "appraisals" / "deed.toml").read_text(encoding="utf-8")
    copy = tmp_path / "deed.toml"
    copy.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(check, [str(copy)])
    assert (done.exit_code, done.output) == (0, "deed.toml：对。善行，5 项，评议 3 人，公示 3 天。\n")
    copy.write_text(text.replace("draw = 3", "draws = 3"), encoding="utf-8")
    refused = CliRunner().invoke(check, [str(copy)])
    assert "deed.toml：panel.draws：没有这一项，可以写 draw、of" in str(refused.exception)
    other = CliRunner().invoke(check, [str(FOLDER / "roles.toml")])
    assert (other.exit_code, other.output) == (0, "roles.toml：对。和别的文件也对得上。\n")


@pytest.mark.parametrize("kind", ["whistle", "errand"])
def test_a_kind_is_drawn_with_every_stage_and_every_move(kind: str, tmp_path: Path) -> None:
    picture = tmp_path / "out.svg"
    done = CliRunner().invoke(presets, ["show", kind, "--out", str(picture)])
    assert done.exit_code == 0
    said = " ".join(node.text or "" for node in ET.fromstring(picture.read_text(encoding="utf-8")).iter())  # noqa: S314
    preset = load_all()["cases"][kind]
    assert [s.name for s in preset.stage.values() if s.name not in said] == []
    drawn = [m.name for m in preset.move.values() if m.to != "same" and m.from_ != (m.to,)]
    assert [name for name in drawn if name not in said] == []


@pytest.mark.parametrize(
    ("kind", "steps"),
    [
        ("deed", ["申报", "初审", "评议", "公示", "生效", "有异议：重新抽人评，5 个工作日"]),
        ("star_household", ["申报", "试行", "评议", "公示", "生效"]),
    ],
)
def test_a_kind_of_appraisal_is_drawn_in_its_order(kind: str, steps: list[str]) -> None:
    done = CliRunner().invoke(presets, ["show", kind])
    assert done.exit_code == 0, done.exception
    told = [node.text for node in ET.fromstring(done.output).iter() if node.text and node.text.strip()]  # noqa: S314
    places = [told.index(step) for step in steps]
    assert places == sorted(places)


def test_a_kind_that_is_not_there_is_refused_with_those_that_are() -> None:
    refused = CliRunner().invoke(presets, ["show", "../roles"])
    assert refused.exit_code == 2
    assert "deed、errand、" in refused.output


def test_empty_and_unreachable_offices_are_listed_by_place(runtime: Runtime) -> None:
    make_roster(runtime)
    kinds = load_all()["cases"].values()
    with reading(runtime) as db:
        found = list(queries.vacancies(db, kinds, path=COUNTY, now=MORNING))
        assert [(v.role, v.why) for v in found if v.area_path == VILLAGE] == []
    assert {(v.place, v.role, str(v.why)) for v in found} == {("五龙口镇", "window", "empty")}
