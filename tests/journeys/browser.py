"""The client's journeys in a real browser: where it stands, and how one of them is walked."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from typing import Any

from tests.journeys.people import photo
from tests.stack import ROOT, Stack

CLIENT = ROOT / "miniprogram"
_PATIENCE = 500


def facts(stack: Stack) -> dict[str, Any]:
    """What every journey must know: addresses, the browser, and a picture to take."""
    return {
        "url": stack.url,
        "sandbox": stack.sandbox,
        "folder": str(stack.folder),
        "chromium": next(
            path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))
        ),
        "picture": base64.b64encode(photo()).decode(),
        "pictures": os.environ.get("LIANXIN_PICTURES", ""),
    }


def walk(stage: dict[str, Any], journey: str, stack: Stack, *, patience: int = _PATIENCE) -> str:
    """Walk one journey of `miniprogram/tests/browser`; what it has said."""
    told = stack.folder / f"{journey}.json"
    told.write_text(json.dumps(stage), encoding="utf-8")
    script = CLIENT / "tests" / "browser" / f"{journey}.mjs"
    done = subprocess.run(
        ["node", str(script), str(told)], cwd=CLIENT, capture_output=True, text=True, timeout=patience, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
