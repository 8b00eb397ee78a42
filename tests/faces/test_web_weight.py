"""What a web process carries: the heavy libraries of workers and commands stay out of it until somebody needs them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

from app.adapters.desk import toml_of
from app.settings import Settings
from tests.stack import ROOT

HEAVY = (
    "alembic",
    "apscheduler",
    "calamine",
    "fpdf",
    "PIL",
    "pypinyin",
    "qrcode",
    "redis",
    "requests",
    "wechatpy",
    "xlsxwriter",
)
_PRINT = f"import app.main, sys; app.main.application(); print([name for name in {HEAVY!r} if name in sys.modules])"


def test_a_web_process_starts_without_what_only_workers_and_commands_need(settings: Settings, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(toml_of(asdict(settings)), encoding="utf-8")
    env = {**os.environ, "LIANXIN_CONFIG": str(config)}
    argv = [sys.executable, "-c", _PRINT]
    done = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "[]", done.stdout + done.stderr
