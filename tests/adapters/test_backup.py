"""An archive is believed only as far as `backup` could have made it; nothing outside its folder is ever written."""

from __future__ import annotations

import io
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.backup import BackupFailed, backup, pack, restore
from app.settings import Settings, Storage
from tests.makers.media import files_up_to


def archive_of(path: Path, *members: tuple[str, bytes | str]) -> Path:
    """An archive with files, or with links where the content is a word."""
    with tarfile.open(path, "w") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def empty(settings: Settings, tmp_path: Path) -> Settings:
    """A machine without a file."""
    return replace(settings, storage=Storage(str(tmp_path / "storage")))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../escaped", b"x"),
        ("files/../../escaped", b"x"),
        ("/escaped", b"x"),
        ("other", b"x"),
        ("files/link", "/etc"),
    ],
)
def test_a_member_that_backup_never_makes_stops_all_of_it(
    empty: Settings, tmp_path: Path, name: str, content: bytes | str
) -> None:
    hostile = archive_of(tmp_path / "hostile.tar", (name, content), ("county.dump", b"PGDMP"))
    with pytest.raises(BackupFailed, match="不该有"):
        restore(empty, hostile, copies=tmp_path)
    assert not list(tmp_path.glob("**/*escaped*"))
    assert not Path("/escaped").exists()
    assert not Path(empty.storage.folder).exists()


def test_a_torn_archive_is_named_and_nothing_is_brought_back(empty: Settings, tmp_path: Path) -> None:
    whole = archive_of(tmp_path / "whole.tar", ("county.dump", b"PGDMP" * 10_000))
    torn = tmp_path / "torn.tar"
    torn.write_bytes(whole.read_bytes()[:20_000])
    with pytest.raises(BackupFailed, match="没有传完整"):
        restore(empty, torn, copies=tmp_path)
    with pytest.raises(BackupFailed, match="没有数据库"):
        restore(empty, archive_of(tmp_path / "files.tar", ("files/a", b"x")), copies=tmp_path)
    assert not Path(empty.storage.folder).exists()


def with_files(empty: Settings, **files: int) -> Path:
    """A folder with pictures of so many bytes in it."""
    folder = Path(empty.storage.folder) / "kept"
    folder.mkdir(parents=True)
    for name, size in files.items():
        (folder / name).write_bytes(b"x" * size)
    return folder


def test_a_file_that_goes_while_the_archive_is_written_does_not_stop_the_backup(
    empty: Settings, tmp_path: Path
) -> None:
    folder = with_files(empty, a=1, swept=1)
    listed = list(folder.parent.rglob("*"))
    (folder / "swept").unlink()
    (tmp_path / "dump").write_bytes(b"PGDMP")
    pack(tmp_path / "night.tar", tmp_path / "dump", listed, root=folder.parent)
    with tarfile.open(tmp_path / "night.tar") as tar:
        assert [m.name for m in tar if m.isfile()] == ["county.dump", "files/kept/a"]
    assert (tmp_path / "night.tar").stat().st_mode & 0o777 == 0o600


def test_a_full_disk_is_said_and_leaves_nothing_half_written(empty: Settings, tmp_path: Path) -> None:
    with_files(empty, a=8_000_000)
    nightly = tmp_path / "backups"
    nightly.mkdir()
    with files_up_to(4_000_000), pytest.raises(BackupFailed, match="磁盘满没满"):
        backup(empty, nightly / "night.tar", copies=tmp_path)
    assert list(nightly.iterdir()) == []
    assert backup(empty, nightly / "night.tar", copies=tmp_path) > 8_000_000


def test_what_could_not_be_restored_can_be_tried_again(empty: Settings, tmp_path: Path) -> None:
    archive = archive_of(tmp_path / "night.tar", ("county.dump", b"PGDMP"), ("files/kept/a", b"x"))
    for _ in range(2):
        with pytest.raises(BackupFailed, match="pg_restore"):
            restore(empty, archive, copies=tmp_path)
    assert list(Path(empty.storage.folder).iterdir()) == []
