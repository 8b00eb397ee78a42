"""A command typed wrongly is answered in one Chinese sentence that says what to put right and where it says how."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.__main__ import main
from tests.stack import ROOT


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("import undo", "还缺 BATCH。用法看：python -m app import undo --help"),
        ("import undo not-an-id", "BATCH 写得不对：要一个编号"),
        ("import households /nowhere.xlsx", "写得不对：找不到，或者不是一个文件"),
        ("zone coverage 4190", "要 12 位区划代码，如 419001101203"),
        ("grant --until 2026-1-40 clerk 419001101203", "--until 写得不对：日期要写成 2026-11-30"),
        ("grant --until 9999-12-31 clerk 419001101203", "--until 写得不对：年份要在 2000 和 2100 之间"),
        ("grant --person somebody clerk", "还缺 AREA"),
        ("qr-sheets out.pdf", "还缺 --village（村代码；给镇代码就印全镇，一村一页起）"),
        ("demo token nobody", "WHO 写得不对：只能是 villager、member"),
        ("letters list --limit many", "--limit 写得不对：要 1 到 10000 的整数"),
        ("letters list --limit -1", "--limit 写得不对：要 1 到 10000 的整数"),
        ("import divisions /tmp", "写得不对：找不到，或者不是一个文件"),
        ("demo --scale 99", "--scale 写得不对：要 1 到 10 的整数"),
        ("docter", "没有 docter 这个命令"),
        ("doctor --strickt", "没有 --strickt 这个选项，是不是 --strict"),
        ("doctor now", "多写了 now"),
        ("staff add li --name 李四", "--name 和 --area 要一起写"),
        ("import households", "请给一个户册文件"),
        ("preset show nonsense", "没有这一类，可以写 deed、errand、star_household、whistle"),
    ],
)
def test_what_was_typed_wrongly_is_said_in_chinese_with_the_way_to_help(
    words: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(words.split())
    said = capsys.readouterr().err.strip()
    assert (code, said.count("\n")) == (2, 0)
    assert "Error" not in said
    assert says in said, said
    assert said.endswith("--help")


def test_whoever_reads_only_the_first_lines_breaks_nothing() -> None:
    argv = f"{sys.executable} -m app preset show whistle | head -1"
    done = subprocess.run(argv, shell=True, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)  # noqa: S602
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1
