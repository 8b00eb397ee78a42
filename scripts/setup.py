"""Makes the clone ready to run or to be tested: a virtual environment, its packages, and for tests a few system programs.

Runs on a bare Python, says what it does on stderr, and is quiet when nothing is to be done. The only line on stdout is the path
of the environment's Python, which the Makefile then starts.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

CLONE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(CLONE))

from app.adapters.places import make_folder, venv_folder  # noqa: E402 -- the clone must be on the path first
from scripts import client  # noqa: E402

REQUIREMENTS = {
    "run": ["requirements.txt"],
    "test": ["requirements.txt", "requirements-dev.txt"],
    "bench": ["requirements.txt", "requirements-dev.txt", "requirements-bench.txt"],
}


CLIENT_FOR = {"run", "test"}


class SetupFailed(Exception):
    """The clone cannot be made ready; the text says what to do."""


def say(text: str) -> None:
    """Tell the person what happens; stdout is for the Makefile."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Make ready for `run`, `test` or `bench` and print the environment's Python."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "run"
    try:
        make_folder(venv_folder(CLONE).parent)
        with only_one_at_a_time(venv_folder(CLONE)), readable_for_the_database_user(), ThreadPoolExecutor(1) as side:
            beside = side.submit(ready_client, purpose)  # npm waits for other things than pip does
            python = ready_environment(purpose)
            if purpose == "test":
                require_system_programs()
            beside.result()
    except (SetupFailed, client.ClientFailed, OSError) as reason:
        say(f"\n{reason}")
        return 1
    print(python)
    return 0


# -- the virtual environment


def ready_environment(purpose: str) -> Path:
    """The environment's Python, with everything the purpose needs installed in it."""
    venv = venv_folder(CLONE)
    python = venv / "bin" / "python"
    wanted = fingerprint(purpose)
    if stamp_of(venv, purpose) == wanted:
        return python
    make_venv(venv)
    install(python, purpose, log=venv / f"install-{purpose}.log")
    (venv / f"stamp-{purpose}").write_text(wanted)
    return python


def ready_client(purpose: str) -> None:
    """The client's packages and its build for browsers, for those who show it."""
    if purpose in CLIENT_FOR:
        client.ready(must=purpose == "test")


def fingerprint(purpose: str, *, clone: Path = CLONE) -> str:
    """Changes when a requirement changes; only then pip is asked again."""
    digest = hashlib.sha256()
    for name in REQUIREMENTS[purpose]:
        digest.update((clone / name).read_bytes())
    return digest.hexdigest()


def stamp_of(venv: Path, purpose: str) -> str:
    """What was installed last, or nothing when the environment is missing or its Python has gone."""
    stamp = venv / f"stamp-{purpose}"
    return stamp.read_text() if stamp.exists() and (venv / "bin" / "python").exists() else ""


@contextmanager
def only_one_at_a_time(venv: Path) -> Iterator[None]:
    """Two terminals may start at once; the second waits for the first."""
    with venv.with_name(f"{venv.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def readable_for_the_database_user() -> Iterator[None]:
    """Whatever the person's umask is, the programs installed here can be read by others."""
    umask = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(umask)


def make_venv(venv: Path) -> None:
    """A fresh environment, unless a working one is there."""
    python = venv / "bin" / "python"
    if (
        python.exists()
        and subprocess.run([python, "-m", "pip", "--version"], check=False, capture_output=True).returncode == 0
    ):
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
        raise SetupFailed(
            f"这个 Python 缺少 venv：请先运行  apt-get install {package}\n"
            f"This Python has no venv: please run  apt-get install {package}"
        )
    say(f"正在新建 Python 环境 / making the Python environment: {venv}")
    subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True, stdout=sys.stderr)


def install(python: Path, purpose: str, *, log: Path) -> None:
    """Install the pinned packages, one line of progress for each; the whole talk of pip goes to a log."""
    files = [argument for name in REQUIREMENTS[purpose] for argument in ("-r", str(CLONE / name))]
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", *files]
    environment = os.environ | {"PIP_ROOT_USER_ACTION": "ignore", "PYTHONUNBUFFERED": "1"}
    say("正在安装依赖（首次约一两分钟）/ installing packages (a minute or two the first time)")
    with (
        log.open("w") as record,
        subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment) as pip,
    ):
        for line in pip.stdout or ():
            record.write(line)
            show_progress(line)
    show_progress("")
    if pip.returncode != 0:
        ending = "\n".join(log.read_text().splitlines()[-8:])
        raise SetupFailed(
            f"{ending}\n\n安装没有完成：请检查网络（国内可先设置 pip 镜像），再运行一次。完整记录：{log}\n"
            f"The installation did not finish: please check the network and run it again. Full log: {log}"
        )


def show_progress(line: str) -> None:
    """On a terminal one line that changes, elsewhere nothing but the stages."""
    words = line.split()
    if not words or not sys.stderr.isatty():
        if words[:1] == ["Installing"]:
            say("  正在展开 / unpacking …")
        return
    if words[0] in {"Collecting", "Downloading", "Using", "Installing"}:
        print(f"\r\x1b[K  {' '.join(words[:3])[:100]}", end="", file=sys.stderr, flush=True)
    if words[0] == "Successfully":
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


# -- system programs for the tests


class Need:
    """A program or a font the tests call, and where it comes from."""

    def __init__(self, why: str, *, programs: tuple[str, ...], apt: str, brew: str, where: str = "tests") -> None:
        self.why = why
        self.programs = programs
        self.apt = apt
        self.brew = brew
        self.where = where  # only when this part of the tree exists

    @property
    def is_met(self) -> bool:
        """True when it is here already, or when nothing in this clone calls for it."""
        return not (CLONE / self.where).exists() or any(shutil.which(program) for program in self.programs)


class ChineseFont(Need):
    """A font is no program: fontconfig knows, and macOS ships with several."""

    @property
    def is_met(self) -> bool:
        """True when some font can draw Chinese."""
        if sys.platform == "darwin" or not (CLONE / self.where).exists():
            return True
        if not shutil.which("fc-list"):
            return any(Path("/usr/share/fonts").rglob("*CJK*"))
        return bool(subprocess.run(["fc-list", ":lang=zh"], check=False, capture_output=True, text=True).stdout.strip())


CHROME = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NEEDS = [
    Need("Redis 相关测试 / the Redis tests", programs=("redis-server",), apt="redis-server", brew="redis"),
    Need("核对打印件 / reading printed sheets", programs=("pdftotext",), apt="poppler-utils", brew="poppler"),
    Need("浏览器测试 / browser tests", programs=CHROME, apt="chromium", brew="chromium", where="miniprogram"),
    ChineseFont("中文截图 / Chinese screenshots", programs=(), apt="fonts-noto-cjk", brew="", where="miniprogram"),
]


def require_system_programs() -> None:
    """Install what is missing where we may (root on Debian or Ubuntu), else say exactly what to install and how."""
    missing = [need for need in NEEDS if not need.is_met]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install([need.apt for need in missing])
        missing = [need for need in missing if not need.is_met]
    if missing:
        raise SetupFailed(how_to_get(missing))


def how_to_get(missing: list[Need]) -> str:
    """One line per missing program, then one command for all of them."""
    lines = [f"  {need.apt:16} {need.why}" for need in missing]
    if sys.platform == "darwin":
        command = f"brew install {' '.join(need.brew for need in missing)}"
    else:
        command = f"sudo apt-get update && sudo apt-get install {' '.join(need.apt for need in missing)}"
    return "\n".join(["测试还需要这些程序 / the tests also need:", *lines, "", f"  {command}"])


def apt_install(packages: list[str]) -> None:
    """Install Debian packages; a failure is told by the programs that are still missing afterwards."""
    say(f"正在安装系统软件包 / installing system packages: {' '.join(packages)}")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        subprocess.run(["apt-get", *command], check=False, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
