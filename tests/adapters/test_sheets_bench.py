"""The benchmarks of these adapters run, and what they print is what they promise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


def printed(row: str) -> str:
    argv = [sys.executable, "-m", "bench", row, "--short"]
    return subprocess.run(argv, capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "160"}).stdout


@pytest.mark.slow
def test_the_benchmark_of_codes_reads_every_code_back() -> None:
    (line,) = [line for line in printed("codes").splitlines() if "read back" in line]
    assert "100 %" in line


@pytest.mark.slow
def test_the_benchmark_of_spreadsheets_refuses_every_hostile_one() -> None:
    (line,) = [line for line in printed("spreadsheet").splitlines() if "hostile sheets that got through" in line]
    assert "0.00" in line
