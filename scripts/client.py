"""Makes the client ready: its packages and its build for browsers, each only when something it is made of has changed."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

CLIENT = Path(__file__).resolve().parents[1] / "miniprogram"
BUILT = CLIENT / "dist" / "build" / "h5"
OLDEST_NODE = 20
_PACKAGES = ("package.json", "package-lock.json", ".npmrc")
_CONFIG = ("index.html", "vite.config.ts", "tsconfig.json", *_PACKAGES)


class ClientFailed(Exception):
    """The client cannot be made ready; the text says what to do."""


def ready(*, must: bool) -> None:
    """Packages and build up to date. Without Node: an error for the tests, for a desk a word, and the rest runs on."""
    if not CLIENT.exists() or is_ready():
        return
    if node_version() < OLDEST_NODE:
        if must:
            raise ClientFailed(_NO_NODE)
        _say(_NO_NODE)
        return
    _install()
    _build()


def is_ready() -> bool:
    """Nothing it is made of has changed; then nobody has to ask for Node."""
    packages, built = (_stamped(*found) for found in (_packages_stamp(), _build_stamp()))
    return packages and built and (BUILT / "index.html").exists()


def node_version() -> int:
    """The major version of the Node there is; 0 when there is none."""
    if not (shutil.which("node") and shutil.which("npm")):
        return 0
    told = subprocess.run(["node", "--version"], check=False, capture_output=True, text=True).stdout
    found = re.match(r"v(\d+)", told)
    return int(found.group(1)) if found else 0


def fingerprint(paths: Iterable[Path], *, within: Path = CLIENT) -> str:
    """Changes when a file changes, comes or goes."""
    digest = hashlib.sha256()
    for path in sorted(paths):
        digest.update(f"{path.relative_to(within)}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _packages_stamp() -> tuple[Path, str]:
    return CLIENT / "node_modules" / ".lianxin-packages", fingerprint(CLIENT / name for name in _PACKAGES)


def _build_stamp() -> tuple[Path, str]:
    sources = (path for path in (CLIENT / "src").rglob("*") if path.is_file())
    return CLIENT / "dist" / "h5.stamp", fingerprint([*sources, *(CLIENT / name for name in _CONFIG)])


def _install() -> None:
    stamp, wanted = _packages_stamp()
    if _stamped(stamp, wanted):
        return
    _run(
        "正在安装小程序的依赖（首次约一分钟）/ installing the client's packages",
        ["npm", "ci", "--no-audit", "--no-fund"],
    )
    stamp.write_text(wanted)


def _build() -> None:
    stamp, wanted = _build_stamp()
    if _stamped(stamp, wanted) and (BUILT / "index.html").exists():
        return
    _run("正在编译网页版小程序（约半分钟）/ building the client for browsers", ["npm", "run", "build:h5"])
    stamp.write_text(wanted)


def _stamped(stamp: Path, wanted: str) -> bool:
    return stamp.exists() and stamp.read_text() == wanted


def _run(what: str, command: list[str]) -> None:
    """Run it quietly; a dot now and then for a person who waits, the last words when it fails."""
    _say(what)
    environment = os.environ | {"CI": "1", "NO_UPDATE_NOTIFIER": "1"}
    log = CLIENT / "dist" / "setup.log"
    log.parent.mkdir(exist_ok=True)
    with log.open("w") as record:
        running = subprocess.Popen(
            command, cwd=CLIENT, env=environment, stdin=subprocess.DEVNULL, stdout=record, stderr=subprocess.STDOUT
        )
        _wait(running)
    if running.returncode != 0:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-12:])
        raise ClientFailed(
            f"{ending}\n\n小程序没有准备好：请检查网络，再运行一次。完整记录：{log}\n"
            f"The client could not be made ready: please check the network and run it again. Full log: {log}"
        )


def _wait(running: subprocess.Popen[bytes]) -> None:
    while running.poll() is None:
        time.sleep(0.5)
        if sys.stderr.isatty():
            print(".", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print(file=sys.stderr)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


_NO_NODE = (
    f"没有找到 Node {OLDEST_NODE} 或更新的版本，网页版小程序先不编译，其余照常。装好后再运行一次。\n"
    f"No Node {OLDEST_NODE} or newer was found, so the client for browsers is not built; install it and run this again.\n"
    "    Debian 13 / Ubuntu 25.04 :  apt-get install nodejs npm        macOS :  brew install node"
)
