"""Decisions about files and checks that need no database: what a file is, what a verdict means, when to ask again."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from app.domains.media.ports import Verdict


class FileKind(StrEnum):
    """What people make."""

    picture = "picture"
    voice = "voice"


class FileState(StrEnum):
    """What has become of a file."""

    received = "received"
    ready = "ready"
    refused = "refused"


class CheckKind(StrEnum):
    """What is checked."""

    text = "text"
    picture = "picture"


class CheckState(StrEnum):
    """Where a check stands; a file's verdict uses the same words."""

    waiting = "waiting"
    asked = "asked"
    passed = "passed"
    held = "held"  # a person must look
    risky = "risky"  # may never be shown
    dropped = "dropped"  # there is nothing to check: the picture was refused or never arrived


class VoiceType(StrEnum):
    """The recordings we take, by what a browser calls them."""

    mp3 = "audio/mpeg"
    m4a = "audio/mp4"
    webm = "audio/webm"
    ogg = "audio/ogg"


_MP4_BRANDS = {b"M4A ", b"M4B ", b"mp41", b"mp42", b"isom", b"iso2", b"iso5", b"iso6"}
_MATROSKA = b"\x1a\x45\xdf\xa3"
_HEAD = 64


_DECIDED = {Verdict.PASS: CheckState.passed, Verdict.REVIEW: CheckState.held, Verdict.RISKY: CheckState.risky}


def decision_of(verdict: Verdict) -> CheckState | None:
    """What a verdict decides; None when the checker is away and must be asked again."""
    return _DECIDED.get(verdict)


def may_ask_again(asked_at: datetime | None, now: datetime, *, minutes: int) -> bool:
    """Whether a picture without a verdict is still young enough to be asked about once more, counted from the first time."""
    return asked_at is None or now < asked_at + timedelta(minutes=minutes)


def wait_before(attempt: int, *, first: int, most: int) -> timedelta:
    """How long to wait after this attempt: twice as long each time, up to a bound."""
    return timedelta(seconds=min(first * 2 ** min(max(attempt - 1, 0), 20), most))


def is_large_enough(*, start: int, byte_count: int, whole: int, least: int) -> bool:
    """Whether a part is one that honest phones send: not a crumb, unless it is the end of its file."""
    return byte_count >= least or (byte_count > 0 and start + byte_count == whole)


def voice_type(raw: bytes) -> VoiceType | None:
    """What a recording is by its first bytes, whatever it is called; None for anything else.

    WeChat records mp3, iPhones mp4, other browsers WebM or Ogg with Opus inside.
    """
    if raw[:3] == b"ID3" or (len(raw) > 1 and raw[0] == 0xFF and raw[1] & 0xE6 == 0xE2):
        return VoiceType.mp3
    if raw[4:8] == b"ftyp" and raw[8:12] in _MP4_BRANDS:
        return VoiceType.m4a
    if raw[:4] == _MATROSKA and b"webm" in raw[:_HEAD]:
        return VoiceType.webm
    if raw[:4] == b"OggS" and b"OpusHead" in raw[:_HEAD]:
        return VoiceType.ogg
    return None
