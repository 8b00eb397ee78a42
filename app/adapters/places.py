"""Where a clone of Lianxin keeps its virtual environment and its data on this machine; needs nothing but Python itself.

An ordinary user has both inside the clone. Root has them under /var/lib/lianxin, because the embedded database then runs as a
system user who must reach its programs and its data, and a clone in root's home is closed to him and must stay so.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

CLONE = Path(__file__).resolve().parents[2]
_FOR_ROOT = Path("/var/lib/lianxin")


def venv_folder(clone: Path = CLONE, *, is_root: bool | None = None) -> Path:
    """The virtual environment that make sets up."""
    return _of_clone(clone) / "venv" if _is_root(given=is_root) else clone / ".venv"


def data_folder(clone: Path = CLONE, *, is_root: bool | None = None) -> Path:
    """The database, the files and the logs of `make run`."""
    return _of_clone(clone) / "data" if _is_root(given=is_root) else clone / "var"


def make_folder(folder: Path) -> None:
    """Make folder and what is missing above it. Root's may be passed through by the database's user; no existing one is touched."""
    missing = [path for path in [folder, *folder.parents] if not path.exists()]
    for path in reversed(missing):
        path.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            path.chmod(0o711)


def _of_clone(clone: Path) -> Path:
    return _FOR_ROOT / hashlib.sha256(os.fsencode(clone)).hexdigest()[:12]


def _is_root(*, given: bool | None) -> bool:
    return os.geteuid() == 0 if given is None else given
