"""Starts a program that cannot outlive the process that started it.

When a supervisor is killed outright nothing of its own code runs any more; only the kernel can still stop the children. On
Linux this file is run as a tiny program in between: it becomes the wanted user, asks the kernel for a signal on the parent's
death and then turns into the wanted program (same pid). The work is done here and not in a preexec_fn, because that would run
Python between fork and exec of a process that may have threads.

The kernel ties the wish to the *thread* that started the child, so start leashed programs from a thread that stays.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from dataclasses import dataclass

_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class SystemUser:
    """Somebody the kernel knows."""

    name: str
    uid: int
    gid: int


def leashed(argv: list[str], *, user: SystemUser | None = None, parting: signal.Signals = signal.SIGTERM) -> list[str]:
    """The command line that runs argv as user and has it told by `parting` when this process dies.

    Elsewhere than on Linux the kernel offers no such thing, and argv comes back as it is.
    """
    if sys.platform != "linux":
        return argv
    wanted_user = f"{user.uid}:{user.gid}" if user else "-"
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), str(int(parting)), wanted_user, *argv]


def _become(wanted_user: str) -> None:
    if wanted_user == "-":
        return
    uid, gid = (int(part) for part in wanted_user.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def main() -> None:
    """Switch user, put on the leash, and become the program."""
    parent, parting, wanted_user, *argv = sys.argv[1:]
    _become(wanted_user)  # first: changing the user takes the leash off again
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(parting), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(0)  # the parent died before the leash was on
    os.execvp(argv[0], argv)


if __name__ == "__main__":
    main()
