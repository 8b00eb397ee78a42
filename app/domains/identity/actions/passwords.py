"""Passwords of staff: argon2id, with few at a time so that a flood of sign-ins eats neither memory nor the machine."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from app.domains.identity.errors import TooManyTries

_HASHER = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_GATE = BoundedSemaphore(2)  # 2 x 32 MiB
_PATIENCE_SECONDS = 3.0
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789"


@contextmanager
def _in_turn() -> Iterator[None]:
    if not _GATE.acquire(timeout=_PATIENCE_SECONDS):
        raise TooManyTries(wait_seconds=5)
    try:
        yield
    finally:
        _GATE.release()


def hashed(password: str) -> str:
    """What is kept of a password."""
    with _in_turn():
        return _HASHER.hash(password)


def fits(password_hash: str, password: str) -> bool:
    """Whether this is the password behind the hash."""
    with _in_turn():
        try:
            return _HASHER.verify(password_hash, password)
        except VerifyMismatchError:
            return False


def one_time_password() -> str:
    """A first password that an operator can read out; it must be changed at the first sign-in."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4)) + "7a"
