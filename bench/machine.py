"""What is asked of the machine: how busy it is, and what processes have cost it."""

from __future__ import annotations

import os
import platform
import socket
from dataclasses import dataclass
from pathlib import Path

import psutil


def load_average() -> float:
    """How many processes wanted a core in the last minute."""
    return os.getloadavg()[0]


def describe() -> str:
    """The machine in a line, as a reader of figures wants to know it."""
    return f"{os.cpu_count()} cores ({_processor()}), {_memory():.0f} GB, Python {platform.python_version()}"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory() -> float:
    return float(psutil.virtual_memory().total) / 1e9


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started."""
    parent = psutil.Process(pid)
    return [parent, *parent.children(recursive=True)]


def cpu_seconds(pid: int) -> float:
    """What a process and its children have used so far, in their own code and in the kernel for them."""
    return sum(one.cpu_times().user + one.cpu_times().system for one in family(pid))


@dataclass(frozen=True, slots=True)
class Memory:
    """The largest process of a family, and all of them together, in MB."""

    largest: float
    together: float


def memory(pid: int) -> Memory:
    """How much a process and its children hold; pages that they share count once for each."""
    sizes = [one.memory_info().rss / 1e6 for one in family(pid)]
    return Memory(max(sizes), sum(sizes))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
