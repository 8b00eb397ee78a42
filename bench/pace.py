"""Row 13: how the client feels on a slow phone: first picture, answer to a tap, and the zone bundle in the hills."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from app.adapters.places import CLONE
from bench.house import Caller, House, sign_in_members
from bench.report import Row, at_most
from bench.run import Run
from scripts import client

_MEMBERS_PAGES = ("home", "zone", "visit", "feed", "inbox", "me", "report", "deed", "receipts")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def measure(run: Run, open_house: Callable[[], House]) -> Row:
    """The row."""
    client.ready(must=True)
    town = open_house().town("pace")
    with town.runtime() as runtime:
        member = sign_in_members(runtime)[0]
    with town.api(workers=1, threads=8) as server:
        facts = run.folder / "pace.json"
        facts.write_text(json.dumps(_facts(server.port, member)), encoding="utf-8")
        rounds = [_walked(facts) for _ in range(1 if run.is_short else 3)]
    row = Row(13, "pace", "the client: 4 × slower CPU, slow 4G; the zone at 200 kbit/s")
    for name in rounds[0]["pages"]:
        painted = median(one["pages"][name] for one in rounds) / 1000
        row.add(f"largest picture of {name}, cold", painted, "s", at_most(2.5))
    row.add("slowest answer to a tap", median(one["slowest"] for one in rounds), "ms", at_most(200))
    row.add("zone bundle on the wire", median(one["bundle"]["bytes"] for one in rounds) / 1024, "KB", at_most(200))
    row.add("zone at 200 kbit/s", median(one["bundle"]["seconds"] for one in rounds), "s", at_most(3))
    return row


def _facts(port: int, member: Caller) -> dict[str, Any]:
    household = str(member.household_ids[0])
    return {
        "url": f"http://127.0.0.1:{port}",
        "chromium": next(path for name in _BROWSERS if (path := shutil.which(name))),
        "tokens": {"member": member.token},
        "expires_at": (datetime.now(UTC) + timedelta(days=7)).isoformat(),
        "household": household,
        "pages": [{"who": "member", "name": name, "query": _query(name, household)} for name in _pages()],
    }


def _pages() -> list[str]:
    known = json.loads((client.CLIENT / "src" / "pages.json").read_text(encoding="utf-8"))["pages"]
    here = {Path(page["path"]).parent.name for page in known}
    return [name for name in _MEMBERS_PAGES if name in here]


def _query(name: str, household: str) -> str:
    return f"?id={household}" if name == "visit" else ""


def _walked(facts: Path) -> dict[str, Any]:
    done = subprocess.run(
        ["node", str(CLONE / "miniprogram" / "scripts" / "pace.mjs"), str(facts)],
        check=True,
        capture_output=True,
        text=True,
        timeout=900,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found
