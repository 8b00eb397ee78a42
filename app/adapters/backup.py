"""Backup and restore: the county's schema by PostgreSQL's own programs, and the files, in one archive.

The keys are not in it: without them an archive that gets lost tells nothing. Keep config.toml apart from the archives.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import make_url

from app.adapters.postgres_binaries import PostgresUnusable, binaries_for
from app.settings import Settings

_DUMP = "county.dump"
_FILES = "files"
_WHERE = "请看这个地方在不在、有没有权限、磁盘满没满"


class BackupFailed(Exception):
    """The archive was not made or not taken back; the text says why."""


def backup(settings: Settings, archive: Path, *, copies: Path) -> int:
    """Write the archive whole or not at all, for nobody else to read; returns its size in bytes."""
    part = archive.with_suffix(archive.suffix + ".part")
    try:
        with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
            dump = Path(folder) / _DUMP
            _run("pg_dump", settings, copies, "-Fc", "-Z", "6", "-n", settings.database.schema, "-f", str(dump))
            pack(part, dump, Path(settings.storage.folder).rglob("*"), root=Path(settings.storage.folder))
        part.replace(archive)
    except OSError as failed:
        raise BackupFailed(f"{archive} 没有写成：{_WHERE}") from failed
    finally:
        part.unlink(missing_ok=True)
    return archive.stat().st_size


def pack(part: Path, dump: Path, files: Iterable[Path], *, root: Path) -> None:
    """One archive of the dump and the files; the house goes on meanwhile, so a file that is listed may be gone by now."""
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, tarfile.open(fileobj=file, mode="w") as tar:
        tar.add(dump, _DUMP)
        for path in sorted(files):
            with contextlib.suppress(FileNotFoundError):
                tar.add(path, f"{_FILES}/{path.relative_to(root)}", recursive=False)
        tar.close()
        file.flush()
        os.fsync(file.fileno())


def restore(settings: Settings, archive: Path, *, copies: Path) -> None:
    """Bring an archive back into an empty database and an empty folder; what fails leaves both empty."""
    files = Path(settings.storage.folder)
    if files.is_dir() and any(files.iterdir()):
        raise BackupFailed(f"{files} 里已经有文件：恢复要在一个空的地方做，请先移走它们")
    try:
        with tempfile.TemporaryDirectory() as folder:
            _bring_back(settings, archive, copies, unpacked=Path(folder))
    except OSError as failed:
        _empty(files)
        raise BackupFailed(f"{archive} 没有恢复成，还什么都没动：{_WHERE}") from failed
    except BackupFailed:
        _empty(files)
        raise


def _bring_back(settings: Settings, archive: Path, copies: Path, *, unpacked: Path) -> None:
    """The files first: what they lack in room is known before the database is filled in one transaction."""
    _unpack(archive, unpacked)
    if (unpacked / _FILES).is_dir():
        shutil.copytree(unpacked / _FILES, settings.storage.folder, dirs_exist_ok=True)
    dump = str(unpacked / _DUMP)
    _run("pg_restore", settings, copies, "--exit-on-error", "--single-transaction", "-d", "{database}", dump)


def _empty(files: Path) -> None:
    for path in files.iterdir() if files.is_dir() else ():
        shutil.rmtree(path) if path.is_dir() else path.unlink()


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
