"""Signatures and the sealed form of packets. The cipher is wechatpy's; comparing, freshness and failures are ours.

wechatpy brings its whole client along (half a second, twelve megabytes), so it is imported with the first packet.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wechatpy.crypto import PrpCrypto

FRESH_SECONDS = 300


class ForeignApp(Exception):
    """A packet sealed for another account."""


class BrokenPacket(Exception):
    """A sealed packet that does not open."""


class Seal:
    """Opens and seals packets with one account's key."""

    def __init__(self, app_id: str, aes_key: str) -> None:
        key = base64.b64decode(aes_key + "=")
        if len(key) != 32:
            raise ValueError("an EncodingAESKey has 43 characters")
        self._app_id = app_id
        self._key = key

    @cached_property
    def _crypto(self) -> PrpCrypto:
        from wechatpy.crypto import PrpCrypto

        return PrpCrypto(self._key)

    def open(self, sealed: str) -> bytes:
        """The packet inside; ForeignApp when it was made for another account, BrokenPacket when it does not open."""
        from wechatpy.exceptions import InvalidAppIdException

        try:
            return str(self._crypto.decrypt(sealed, self._app_id)).encode()
        except InvalidAppIdException:
            raise ForeignApp from None
        except (ValueError, IndexError, TypeError, struct.error):
            raise BrokenPacket from None

    def close(self, text: str) -> str:
        """The sealed form of an answer."""
        return bytes(self._crypto.encrypt(text, self._app_id)).decode()


def signature_of(*parts: str) -> str:
    """WeChat's signature: SHA-1 over the sorted parts, the secret token being one of them."""
    joined = b"".join(sorted(part.encode("utf-8", "replace") for part in parts))
    return hashlib.sha1(joined).hexdigest()  # noqa: S324 - the platform's protocol


def is_signed(claimed: str, *parts: str) -> bool:
    """Whether the claimed signature is right, found out in constant time."""
    return hmac.compare_digest(signature_of(*parts).encode(), claimed.encode("utf-8", "replace"))


def is_fresh(timestamp: str, now: datetime) -> bool:
    """Whether the envelope was made within five minutes of now."""
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        return False
    return abs(now.timestamp() - int(timestamp)) <= FRESH_SECONDS
