"""Backup and restore: the county's schema by PostgreSQL's own programs, and the files, in one archive.

The keys are not in it: without them an archive that gets lost tells nothing. Keep config.toml apart from the archives.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from sqlalchemy import make_url

from app.adapters.postgres_binaries import PostgresUnusable, binaries_for
from app.settings import Settings

_DUMP = "county.dump"
_FILES = "files"


class BackupFailed(Exception):
    """The archive was not made or not taken back; the text says why."""


def backup(settings: Settings, archive: Path, *, copies: Path) -> int:
    """Write the archive whole or not at all; returns its size in bytes."""
    part = archive.with_suffix(archive.suffix + ".part")
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        dump = Path(folder) / _DUMP
        _run("pg_dump", settings, copies, "-Fc", "-Z", "6", "-n", settings.database.schema, "-f", str(dump))
        with tarfile.open(part, "w") as tar:
            tar.add(dump, _DUMP)
            if Path(settings.storage.folder).is_dir():
                tar.add(settings.storage.folder, _FILES)
    part.chmod(0o600)
    part.replace(archive)
    return archive.stat().st_size


def restore(settings: Settings, archive: Path, *, copies: Path) -> None:
    """Bring an archive back into an empty database and an empty folder."""
    files = Path(settings.storage.folder)
    if files.is_dir() and any(files.iterdir()):
        raise BackupFailed(f"{files} 里已经有文件：恢复要在一个空的地方做，请先移走它们")
    with tempfile.TemporaryDirectory() as folder:
        _unpack(archive, Path(folder))
        dump = Path(folder) / _DUMP
        _run("pg_restore", settings, copies, "--exit-on-error", "--single-transaction", "-d", "{database}", str(dump))
        if (Path(folder) / _FILES).is_dir():
            shutil.copytree(Path(folder) / _FILES, files, dirs_exist_ok=True)


def _unpack(archive: Path, folder: Path) -> None:
    """Only plain files with the names that `backup` gives: an archive may have gone through other hands."""
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                _unpack_one(tar, member, folder)
    except (tarfile.TarError, EOFError, FileExistsError) as broken:
        raise BackupFailed(f"{archive} 读不完，可能没有传完整：请换一份归档再试") from broken
    if not (folder / _DUMP).is_file():
        raise BackupFailed(f"{archive} 里没有数据库：这不是 backup 做的归档，或者没有传完整")


def _unpack_one(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    parts = Path(member.name).parts
    is_ours = parts == (_DUMP,) or (parts[:1] == (_FILES,) and ".." not in parts)
    if not is_ours or not (member.isfile() or member.isdir()):
        raise BackupFailed(f"归档里有不该有的东西（{member.name}），还什么都没动。请换一份归档再试")
    target = folder.joinpath(*parts)
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        target.chmod(member.mode & 0o755 | 0o700)
    elif content := tar.extractfile(member):
        target.parent.mkdir(parents=True, exist_ok=True)
        with content, target.open("xb") as file:
            shutil.copyfileobj(content, file)
        target.chmod(member.mode & 0o755 | 0o600)


def _run(program: str, settings: Settings, copies: Path, *arguments: str) -> None:
    url = make_url(settings.database.owner_url)
    host = url.host or str(url.query.get("host", "127.0.0.1"))
    where = {
        "PGHOST": host,
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    if url.port:
        where["PGPORT"] = str(url.port)
    argv = [_program(program, copies), *(argument.format(database=url.database) for argument in arguments)]
    done = subprocess.run(argv, env={**os.environ, **where}, capture_output=True, text=True, check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise BackupFailed(
            f"{program} 没有做成：{next((line for line in said if 'error:' in line), ''.join(said[-1:]))}"
        )


def _program(name: str, copies: Path) -> str:
    if found := shutil.which(name):
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout
        if " 18" in version:
            return found
    try:
        return str(binaries_for(None, copies) / name)
    except PostgresUnusable as missing:
        raise BackupFailed(f"找不到 {name}（要 PostgreSQL 18 的）") from missing
