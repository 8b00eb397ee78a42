"""The folder of one embedded PostgreSQL: its files, its passwords, where it listens, and how it is made on first use."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
from pathlib import Path

from app.adapters import postgres_binaries
from app.adapters.leash import SystemUser, leashed
from app.adapters.places import make_folder
from app.adapters.postgres_binaries import PostgresUnusable
from app.adapters.postgres_files import MAJOR_VERSION, configuration, free_port, host_based_access

ROLES = {"owner": "lianxin_owner", "app": "lianxin_app", "superuser": "postgres"}
_LONGEST_SOCKET_PATH = 100  # the kernel's limit is 107 bytes on Linux, 103 on macOS


class Cluster:
    """Files and facts of a server that may run or not; only `prepare` and `choose_port` write."""

    def __init__(self, data_dir: Path, *, durable: bool) -> None:
        """Nothing is written yet."""
        self.data_dir = data_dir
        self.files = data_dir / "cluster"
        self.log_file = data_dir / "postgres.log"
        self.user: SystemUser | None = None
        self._socket_dir = data_dir / "socket"
        self._passwords_file = data_dir / "passwords.json"
        self._port_file = data_dir / "port"
        self._durable = durable
        self._bin: Path | None = None

    # -- facts

    def passwords(self) -> dict[str, str]:
        """The password of each of ROLES."""
        passwords: dict[str, str] = json.loads(self._passwords_file.read_text())
        return passwords

    def address(self) -> tuple[str, int | None]:
        """Where the server listens: a folder with its socket, or the loopback with a port."""
        port = self._port()
        return (str(self._socket_dir), None) if port is None else ("127.0.0.1", port)

    def program(self, name: str) -> Path:
        """One of PostgreSQL's own programs."""
        return (self._bin or postgres_binaries.binaries_for(None, self.data_dir)) / name

    # -- before a start

    def open_folder(self) -> None:
        """Find out who the server runs as and make the folder that he must reach."""
        self.user = postgres_binaries.user_to_run_as()
        make_folder(self.data_dir)
        if self.user and (closed := postgres_binaries.closed_folder(self.data_dir, self.user)):
            message = (
                f"文件夹 {closed} 不允许其他用户进入，而以 root 运行时数据库要用系统用户 {self.user.name}。"
                "我们不会改动它的权限：请把数据文件夹放到例如 /var/lib/lianxin 下，或改用普通用户运行。"
            )
            raise PostgresUnusable(message)
        self._make_private_folder(self._socket_dir, mode=0o711 if self.user else 0o700)

    def prepare(self) -> None:
        """Have the programs at hand and the files made; call it with the server's lock held."""
        self._bin = postgres_binaries.binaries_for(self.user, self.data_dir)
        version_file = self.files / "PG_VERSION"
        if not version_file.exists():
            self._initialise()
        elif (found := version_file.read_text().strip()) != MAJOR_VERSION:
            message = f"数据库文件是 PostgreSQL {found} 的，现在自带的是 {MAJOR_VERSION}：请先用旧版本备份，再恢复到新的数据文件夹。"
            raise PostgresUnusable(message)
        elif not self._passwords_file.exists():
            raise PostgresUnusable(f"数据库的密码文件不见了：{self._passwords_file}。请从备份中恢复它。")

    def configure(self) -> None:
        """Choose where to listen and write the server's settings anew."""
        if len(os.fsencode(self._socket_dir / ".s.PGSQL.5432")) > _LONGEST_SOCKET_PATH:
            self._port_file.write_text(str(free_port(preferred=self._port())))
        settings = configuration(self._socket_dir, port=self._port(), durable=self._durable)
        (self.files / "postgresql.conf").write_text(settings)
        (self.files / "pg_hba.conf").write_text(host_based_access())

    def _port(self) -> int | None:
        return int(self._port_file.read_text()) if self._port_file.exists() else None

    def _make_private_folder(self, folder: Path, *, mode: int) -> None:
        if folder.exists():
            return
        folder.mkdir()
        folder.chmod(mode)
        if self.user:
            os.chown(folder, self.user.uid, self.user.gid)

    # -- the first time

    def _initialise(self) -> None:
        """Make the cluster beside its place and move it there when it is whole: a killed first start leaves nothing half."""
        _write_private(self._passwords_file, json.dumps({role: secrets.token_urlsafe(24) for role in ROLES}))
        half = self.data_dir / f"cluster.{secrets.token_hex(4)}.part"
        self._make_private_folder(half, mode=0o700)
        password_file = half.with_suffix(".password")
        _write_private(password_file, self.passwords()["superuser"])
        try:
            if self.user:
                os.chown(password_file, self.user.uid, self.user.gid)
            self._run_initdb(half, password_file)
        finally:
            password_file.unlink()
        half.rename(self.files)

    def _run_initdb(self, target: Path, password_file: Path) -> None:
        argv = [
            *(str(self.program("initdb")), "-D", str(target), "-U", ROLES["superuser"], f"--pwfile={password_file}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8"),  # sorts alike on every machine
            *([] if self._durable else ["--no-sync"]),
        ]
        made = subprocess.run(
            leashed(argv, user=self.user), check=False, capture_output=True, cwd=self.data_dir, env=environment()
        )
        if made.returncode != 0:
            raise PostgresUnusable(f"数据库初始化失败：{made.stderr.decode(errors='replace').strip()}")


def environment() -> dict[str, str]:
    """What PostgreSQL needs and nothing of the caller's: no PGPORT or locale may leak in."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _write_private(path: Path, text: str) -> None:
    """Write a secret so that nobody else can open it, not even for a moment."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
