"""Makes the QR codes of many addresses quickly: one is made by the qrcode library, the others are derived from it.

With version, mask and length fixed, every module of a QR code is a sum (exclusive or) of bits of the text: Reed-Solomon
codes are linear. So two addresses of one length differ by the sum of what each differing bit changes. The library is asked
once for each bit; after that a code costs a few exclusive ors of one large integer instead of a whole encoding.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

_BITS = 8
_SMALLEST_VERSION = 4  # up to 62 bytes at level M: the addresses of this product all come out in one size
_MASK = 2


@dataclass(frozen=True, slots=True)
class Code:
    """One QR code without its quiet zone: `size` rows of whole bytes, a set bit is a dark module."""

    size: int
    rows: bytes


class CodePress:
    """Prints codes; keeps what it learned about each length of address."""

    def __init__(self) -> None:
        self._plates: dict[int, _Plate] = {}

    def press(self, url: str) -> Code:
        """The code of one address, error level M."""
        text = url.encode("ascii")
        plate = self._plates.get(len(text))
        if plate is None:
            plate = self._plates[len(text)] = _Plate.of(text)
        return plate.code(text)


@dataclass(frozen=True, slots=True)
class _Plate:
    """The code of one address, and how each of its bits changes the picture."""

    text: bytes
    version: int
    bits: int
    changes: dict[tuple[int, int], int] = field(default_factory=dict)

    @classmethod
    def of(cls, text: bytes) -> _Plate:
        version = _version_for(len(text))
        return cls(text, version, _encode(text, version))

    def code(self, text: bytes) -> Code:
        bits = self.bits
        for position, (ours, theirs) in enumerate(zip(self.text, text, strict=True)):
            if ours != theirs:
                bits ^= self._change(position, ours ^ theirs)
        size = 17 + 4 * self.version
        return Code(size, bits.to_bytes(size * _row_bytes(size), "big"))

    def _change(self, position: int, difference: int) -> int:
        """What the picture changes by when these bits of the byte at this position change."""
        known = self.changes.get((position, difference))
        if known is None:
            lowest = difference & -difference
            rest = difference ^ lowest
            known = (
                self._change(position, rest) ^ self._change(position, lowest) if rest else self._ask(position, lowest)
            )
            self.changes[position, difference] = known
        return known

    def _ask(self, position: int, bit: int) -> int:
        other = bytearray(self.text)
        other[position] ^= bit
        return self.bits ^ _encode(bytes(other), self.version)


@cache
def _version_for(length: int) -> int:
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    trial = QRCode(error_correction=ERROR_CORRECT_M)
    trial.add_data(_as_bytes(bytes(length)))
    return max(trial.best_fit(), _SMALLEST_VERSION)


def _as_bytes(text: bytes) -> object:
    from qrcode.util import MODE_8BIT_BYTE, QRData

    return QRData(text, mode=MODE_8BIT_BYTE, check_data=False)


def _encode(text: bytes, version: int) -> int:
    """The library's own answer, as one integer: row by row, each row padded to whole bytes."""
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    code = QRCode(version=version, error_correction=ERROR_CORRECT_M, border=0, mask_pattern=_MASK)
    code.add_data(_as_bytes(text))
    code.make(fit=False)
    bits = 0
    for row in code.modules:
        padding = _row_bytes(len(row)) * _BITS - len(row)
        for module in row:
            bits = bits << 1 | bool(module)
        bits <<= padding
    return bits


def _row_bytes(size: int) -> int:
    return -(-size // _BITS)
