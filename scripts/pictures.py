"""The pictures of the README, taken from a running desk: start `make run`, then `make pictures`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pypdfium2
import requests
from PIL import Image

from app.main import settings_path
from app.settings import load

CLIENT = Path(__file__).resolve().parents[1] / "miniprogram"
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "pictures"
QUIET = (
    "--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --hide-scrollbars --window-size=1440,900 --virtual-time-budget=4000"
)


def main() -> int:
    """Let something happen on the desk, then look."""
    settings = load(settings_path())
    sandbox = settings.demo.sandbox_url
    client(f"{settings.web.public_url}/m/", sandbox)
    member = f"{sandbox}/__ctl/phones/demo-mp-member"
    templates = ["example-visit-reminder"]
    requests.post(
        f"{member}/subscribe", json={"templates": templates, "answer": "accept"}, timeout=5
    ).raise_for_status()
    requests.post(f"{member}/reply", json={"text": "我的户"}, timeout=5).raise_for_status()
    time.sleep(4)
    requests.post(f"{sandbox}/__ctl/advance", json={"seconds": 2 * 86400}, timeout=5).raise_for_status()
    time.sleep(20)
    screenshot(sandbox, PICTURES / "sandbox.png")
    door_codes(PICTURES / "door-codes.png")
    return 0


def screenshot(url: str, target: Path) -> None:
    """A page as Chromium shows it."""
    with tempfile.TemporaryDirectory() as profile:
        argv = [chromium(), *QUIET.split(), f"--user-data-dir={profile}", f"--screenshot={target}", url]
        subprocess.run(argv, check=True, capture_output=True)


def client(url: str, sandbox: str) -> None:
    """The client on two phones: the villager's and the member's; 64 colours are enough for a page."""
    script = ["node", "scripts/pictures.mjs", url, sandbox, str(PICTURES), chromium()]
    subprocess.run(script, check=True, cwd=CLIENT)
    for picture in PICTURES.glob("client-*.png"):
        Image.open(picture).convert("RGB").quantize(64).save(picture, optimize=True)


def chromium() -> str:
    """The browser there is."""
    return shutil.which("chromium") or shutil.which("google-chrome") or "chromium"


def door_codes(target: Path) -> None:
    """The first sheet of a village, as it is printed."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = Path(folder) / "sheet.pdf"
        argv = [sys.executable, "-m", "app", "qr-sheets", "--village", "419001101210", str(sheet)]
        subprocess.run(argv, check=True, env=dict(os.environ))
        pypdfium2.PdfDocument(sheet)[0].render(scale=1.4).to_pil().quantize(64).save(target, optimize=True)


if __name__ == "__main__":
    sys.exit(main())
