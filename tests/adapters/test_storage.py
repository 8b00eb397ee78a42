"""Files on disk: whole or absent, private, and never outside of their folder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from app.adapters.storage import BadName, FileStorage, NoSuchFile, Stored, TooLarge

LONG_AGO, SOON = datetime(2020, 1, 1, tzinfo=UTC), datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def storage(tmp_path: Path) -> FileStorage:
    return FileStorage(tmp_path / "files")


def everything(root: Path) -> list[Path]:
    return sorted(path for path in root.rglob("*") if path.is_file())


def test_what_is_kept_is_given_back(storage: FileStorage) -> None:
    storage.put("raw/a1b2", b"one")
    storage.put("clean/a1b2", b"two")
    storage.put("a1b2", b"three")
    assert [storage.get(name) for name in ("raw/a1b2", "clean/a1b2", "a1b2")] == [b"one", b"two", b"three"]
    assert storage.exists("raw/a1b2")
    assert set(storage.names(SOON)) == {"raw/a1b2", "clean/a1b2", "a1b2"}
    assert list(storage.names(LONG_AGO)) == []


def test_the_same_name_again_replaces_the_bytes(storage: FileStorage) -> None:
    storage.put("raw/a", b"old")
    with storage.open("raw/a") as before:
        storage.put("raw/a", b"new")
        assert before.read() == b"old"  # whoever was reading reads on
    assert storage.get("raw/a") == b"new"


def test_what_is_deleted_is_gone_and_deleting_twice_is_no_fault(storage: FileStorage) -> None:
    storage.put("raw/a", b"x")
    storage.delete("raw/a")
    storage.delete("raw/a")
    assert storage.get("raw/a") is None
    assert not storage.exists("raw/a")
    with pytest.raises(NoSuchFile):
        storage.open("raw/a")


def test_a_stream_gets_a_random_name_a_size_and_a_digest(storage: FileStorage) -> None:
    stored = storage.put_stream([b"con", b"tent"], limit=7)
    assert stored == Stored(stored.name, 7, sha256(b"content").hexdigest())
    assert len(stored.name) == 32
    assert storage.get(stored.name) == b"content"
    assert storage.put_stream([], limit=0).name != stored.name


def test_a_stream_without_end_is_stopped_at_its_limit_and_leaves_nothing(storage: FileStorage, tmp_path: Path) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1 << 16)

    with pytest.raises(TooLarge):
        storage.put_stream(endless(), limit=1 << 20)
    assert taken == 17
    assert everything(tmp_path) == []


def test_a_stream_that_breaks_leaves_nothing(storage: FileStorage, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        storage.put_stream(broken(), limit=100, name="raw/a")
    assert everything(tmp_path) == []
    assert storage.get("raw/a") is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "raw/../x",
        "/etc/passwd",
        "raw//x",
        "a/b/c",
        "raw/.hidden",
        "a\0b",
        "a\n",
        "..",
        "-x",
        "x" * 81,
        "名",
        "raw\\x",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_refused(storage: FileStorage, tmp_path: Path, name: str) -> None:
    for deed in (storage.get, storage.open, storage.delete, storage.exists, lambda bad: storage.put(bad, b"x")):
        with pytest.raises(BadName):
            deed(name)
    assert everything(tmp_path) == []


def test_only_the_owner_may_read(storage: FileStorage, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        storage.put("raw/a", b"x")
    finally:
        os.umask(before)
    for path in (tmp_path / "files").rglob("*"):
        expected = 0o600 if path.is_file() else 0o700
        assert stat.S_IMODE(path.stat().st_mode) == expected
    assert stat.S_IMODE((tmp_path / "files").stat().st_mode) == 0o700


def test_a_link_put_in_a_files_place_is_not_followed(storage: FileStorage, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    storage.put("raw/a", b"x")
    (place,) = everything(tmp_path / "files")
    place.unlink()
    place.symlink_to(tmp_path / "secret")
    assert storage.get("raw/a") is None


def test_what_a_crash_left_unfinished_is_swept_away_and_the_rest_stays(storage: FileStorage, tmp_path: Path) -> None:
    storage.put("raw/a", b"x")
    program = (
        "import os, sys; from pathlib import Path; from app.adapters.storage import FileStorage\n"
        "def dying():\n    yield b'half'\n    os._exit(9)\n"
        "FileStorage(Path(sys.argv[1])).put_stream(dying(), limit=9, name='raw/b')"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "files")], check=False)
    assert storage.get("raw/b") is None
    assert list(storage.names(SOON)) == ["raw/a"]
    assert storage.sweep(older_than=LONG_AGO) == 0
    assert storage.sweep(older_than=SOON) == 1
    assert len(everything(tmp_path)) == 1


def test_many_hands_at_once_do_not_disturb_each_other(storage: FileStorage) -> None:
    def work(hand: int) -> None:
        for number in range(20):
            storage.put(f"raw/{number}", bytes([hand]) * 1000)

    hands = [threading.Thread(target=work, args=(hand,)) for hand in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    for number in range(20):
        content = storage.get(f"raw/{number}")
        assert content is not None
        assert len(set(content)) == 1
        assert len(content) == 1000
