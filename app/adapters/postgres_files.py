"""What a PostgreSQL cluster writes and reads on disk: its settings, who may connect, its pid file and its log."""

from __future__ import annotations

import os
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

MAJOR_VERSION = "18"
_ROTATE_AT_BYTES = 10_000_000
_TAIL_BYTES = 4_000

_ALWAYS = {
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "jit": "off",  # our queries are short: compiling them costs more than it saves
    "random_page_cost": "1.1",
    "password_encryption": "'scram-sha-256'",
    # Logs hold no personal data: no statement, no parameter, no "Key (phone)=(…) already exists".
    "log_min_messages": "warning",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
    "log_line_prefix": "'%m [%p] %a '",
}
_DURABLE = {"fsync": "on", "full_page_writes": "on", "wal_level": "replica"}
_QUICK = {  # safe against a killed server, not against a power cut
    "fsync": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_connections": "200",  # a test run has workers, and each of them processes with pools
    "autovacuum_naptime": "'10s'",
}


def configuration(socket_dir: Path, *, port: int | None, durable: bool) -> str:
    """The text of postgresql.conf, written anew at each start so that it cannot drift."""
    place = {
        "unix_socket_directories": f"'{_quoted(socket_dir)}'" if port is None else "''",
        "listen_addresses": "''" if port is None else "'127.0.0.1'",
        "port": str(port or 5432),
    }
    settings = _ALWAYS | (_DURABLE if durable else _QUICK) | place
    lines = [f"{name} = {value}" for name, value in settings.items()]
    return "\n".join(["# Written by Lianxin at each start: changes made here are lost.", *lines, ""])


def host_based_access() -> str:
    """The text of pg_hba.conf: everybody needs a password, nobody comes from outside."""
    return (
        "local all all scram-sha-256\n"
        "local replication postgres scram-sha-256\n"
        "host all all 127.0.0.1/32 scram-sha-256\n"
    )


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


@dataclass(frozen=True)
class Postmaster:
    """A running server as its pid file tells it."""

    pid: int
    is_ready: bool


def running_postmaster(cluster: Path) -> Postmaster | None:
    """The server that runs on cluster, or None; a stale file whose number another program has now counts as none."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    if not lines or not lines[0].strip().isdigit():
        return None
    pid = int(lines[0])
    if "postgres" not in _command_of(pid):
        return None
    return Postmaster(pid, is_ready=len(lines) >= 8 and lines[7].strip() == "ready")


def _command_of(pid: int) -> str:
    """The name of a living process; empty when there is none, or when it is dead and waits to be reaped."""
    if Path("/proc/self/stat").exists():
        try:
            name, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            return ""
        return "" if rest.split()[0] == "Z" else name.partition("(")[2]
    listed = subprocess.run(["ps", "-o", "comm=", "-p", str(pid)], check=False, capture_output=True, text=True)
    return listed.stdout.strip()


def free_port(*, preferred: int | None = None) -> int:
    """A port of the loopback nobody listens on: the preferred one if it is still free."""
    for candidate in [preferred, 0] if preferred else [0]:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate or 0))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def tail(log: Path) -> str:
    """The last lines of a log, for the message of whoever failed to start."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-10:])


def rotate(log: Path) -> None:
    """Keep one old log, so that a machine in a village never fills its disk with ours."""
    if log.exists() and log.stat().st_size > _ROTATE_AT_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))
