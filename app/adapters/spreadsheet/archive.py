"""Looks an .xlsx over before a parser sees it: a zip of XML can be a bomb, a forgery or a carrier of other things.

Every member is unpacked here by ourselves, in small pieces that are counted and thrown away. What the zip's own directory
claims about sizes is compared, never believed.
"""

from __future__ import annotations

import re
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from app.adapters.spreadsheet.limits import Limits
from app.adapters.spreadsheet.refusals import BadFile

_PIECE = 1 << 18
_RATIO_COUNTS_FROM = 1 << 20  # below a megabyte even a wild ratio does no harm
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_OVERLAP = 64
_DIRECTORY_ENTRY = b"PK\x01\x02"
_FOREIGN = (b"PK\x03\x04", b"PK\x05\x06", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\xd0\xcf\x11\xe0")
_WIDE_ENCODINGS = (b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse the file unless it is a plain, honest workbook within the limits."""
    with path.open("rb") as file:
        members = _directory(file, limits)
        if sum(member.file_size for member in members) > limits.unpacked_bytes:  # a confession may be believed
            raise BadFile("unpacked_too_big")
        unpacked = 0
        for member in members:
            for piece in _inspected(file, member, limits):
                unpacked += len(piece)
                if unpacked > limits.unpacked_bytes:
                    raise BadFile("unpacked_too_big")


def _directory(file: BinaryIO, limits: Limits) -> list[zipfile.ZipInfo]:
    if file.read().count(_DIRECTORY_ENTRY) > limits.members:  # before zipfile makes an object of each
        raise BadFile("too_many_members")
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, struct.error, ValueError) as error:
        raise BadFile("damaged") from error
    names = {member.filename.lower() for member in members}
    if len(names) < len(members):
        raise BadFile("forged")
    if "xl/workbook.xml" not in names:
        raise BadFile("not_a_spreadsheet")
    for member in members:
        _check_entry(member)
    return members


def _check_entry(member: zipfile.ZipInfo) -> None:
    name = member.filename.lower()
    is_link = stat.S_ISLNK(member.external_attr >> 16)
    is_astray = name.startswith("/") or ".." in name or "\\" in name or ":" in name
    is_odd = member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or bool(member.flag_bits & 1)
    if is_link or is_astray or is_odd:
        raise BadFile("forged")
    if "externallinks/" in name or name.endswith("connections.xml"):
        raise BadFile("carries_links")
    if name.endswith("vbaproject.bin"):
        raise BadFile("carries_program")
    if "embeddings/" in name or "activex/" in name or name.endswith((".zip", ".xlsx", ".docx", ".exe")):
        raise BadFile("carries_files")


def _inspected(file: BinaryIO, member: zipfile.ZipInfo, limits: Limits) -> Iterator[bytes]:
    """The member's content, piece by piece, each looked at on its way."""
    look = _Look(member.filename, limits)
    produced = 0
    for piece in _unpacked(file, member):
        produced += len(piece)
        if produced > max(_RATIO_COUNTS_FROM, limits.ratio * member.compress_size):
            raise BadFile("unpacked_too_big")
        look.at(piece)
        yield piece
    if produced != member.file_size:
        raise BadFile("forged")


def _unpacked(file: BinaryIO, member: zipfile.ZipInfo) -> Iterator[bytes]:
    file.seek(member.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    if len(header) < _LOCAL_HEADER.size or not header.startswith(b"PK\x03\x04"):
        raise BadFile("damaged")
    _, name_length, extra_length = _LOCAL_HEADER.unpack(header)
    file.seek(name_length + extra_length, 1)
    packed = _packed(file, member.compress_size)
    return packed if member.compress_type == zipfile.ZIP_STORED else _inflated(packed)


def _packed(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        piece = file.read(min(size, _PIECE))
        if not piece:
            raise BadFile("damaged")
        size -= len(piece)
        yield piece


def _inflated(packed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        for piece in packed:
            rest = piece
            while rest:
                yield inflater.decompress(rest, _PIECE)
                rest = inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error as error:
        raise BadFile("damaged") from error
    if not inflater.eof or inflater.unused_data:
        raise BadFile("forged")


class _Look:
    """What is looked for in one member, whatever way its pieces are cut."""

    def __init__(self, name: str, limits: Limits) -> None:
        self._limits = limits
        self._is_xml = name.lower().endswith((".xml", ".rels", ".vml"))
        self._is_sheet = self._is_xml and "worksheets/" in name.lower()
        self._tail = b""
        self._rows = 0
        self._is_first = True
        digits = len(str(limits.rows)) + 1
        self._far_away = re.compile(rb" r=[\"'](?:([A-Z]{3})|[A-Z]{0,2}[0-9]{%d})" % digits)

    def at(self, piece: bytes) -> None:
        if not piece:
            return
        if self._is_first:
            self._look_at_the_beginning(piece)
        seen = self._tail + piece
        if self._is_xml and (b"<!DOCTYPE" in seen or b"<!ENTITY" in seen):
            raise BadFile("forged")
        if self._is_sheet:
            self._look_at_rows(seen)
        self._tail = seen[-_OVERLAP:]

    def _look_at_the_beginning(self, piece: bytes) -> None:
        self._is_first = False
        if piece.startswith(_FOREIGN):
            raise BadFile("carries_files")
        if self._is_xml and piece.startswith(_WIDE_ENCODINGS):
            raise BadFile("forged")

    def _look_at_rows(self, seen: bytes) -> None:
        """Count rows and look for cells far out before a parser makes room for all that lies between."""
        self._rows += _rows_in(seen) - _rows_in(self._tail)
        if self._rows > self._limits.rows * 2 + 100:  # empty ones are not counted against a person, within reason
            raise BadFile("too_many_rows")
        if found := self._far_away.search(seen):
            raise BadFile("too_many_columns" if found.group(1) else "too_many_rows")


def _rows_in(xml: bytes) -> int:
    return xml.count(b"<row ") + xml.count(b"<row>") + xml.count(b":row ")
