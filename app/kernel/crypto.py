"""Personal data at rest: fields sealed with AES-GCM under a named key, found again through a blind index.

The context (table, column, row) is bound into the seal, so a sealed value moved to another row does not open.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_AES_GCM = 1
_NONCE = 12


class BrokenSeal(Exception):
    """A sealed value that does not belong here, was changed, or whose key is gone."""


class Vault:
    """Seals and opens fields for everyone who holds personal data."""

    def __init__(self, keys: Mapping[str, bytes], current: str, index_key: bytes) -> None:
        self._keys = {name: AESGCM(key) for name, key in keys.items()}
        self._current = current
        self._index_key = index_key

    def seal(self, context: str, text: str) -> bytes:
        """The sealed form: algorithm, key id, nonce and cipher text."""
        nonce, name = os.urandom(_NONCE), self._current.encode()
        body = self._keys[self._current].encrypt(nonce, text.encode(), context.encode())
        return bytes([_AES_GCM, len(name)]) + name + nonce + body

    def open(self, context: str, sealed: bytes) -> str:
        """The text again; BrokenSeal when it was sealed for another row."""
        try:
            end = 2 + sealed[1]
            key = self._keys[sealed[2:end].decode()]
            return key.decrypt(sealed[end : end + _NONCE], sealed[end + _NONCE :], context.encode()).decode()
        except (InvalidTag, KeyError, IndexError, UnicodeDecodeError, ValueError) as broken:
            raise BrokenSeal(context.split(":", maxsplit=1)[0]) from broken

    def index(self, context: str, text: str) -> bytes:
        """The blind index: equal texts give equal bytes, and nobody without the key can guess them."""
        return hmac.digest(self._index_key, f"{context}\x1f{text}".encode(), "sha256")[:16]


def token_hash(token: str) -> bytes:
    """What is kept of a random token: enough to recognise it, useless to whoever steals the table."""
    return hashlib.sha256(token.encode()).digest()


_BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def random_token(length: int) -> str:
    """Random letters and digits that nobody can guess and every QR code can carry (5.95 bits each)."""
    number = int.from_bytes(os.urandom(length + 8), "big")
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        letters.append(_BASE62[rest])
    return "".join(letters)
