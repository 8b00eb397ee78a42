"""Decisions about files and checks: what a recording is, what a verdict decides, when to ask again."""

from __future__ import annotations

import pytest

from app.domains.media import rules
from app.domains.media.ports import Verdict
from app.domains.media.rules import CheckState, VoiceType


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"ID3\x04rest", VoiceType.mp3),
        (b"\xff\xfb\x90\x64", VoiceType.mp3),
        (b"\xff\xf3\x44\xc4", VoiceType.mp3),
        (b"\x00\x00\x00\x20ftypM4A \x00", VoiceType.m4a),
        (b"\x00\x00\x00\x1cftypiso5\x00", VoiceType.m4a),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x42\x87", VoiceType.webm),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", None),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"OpusHead\x01\x01", VoiceType.ogg),
        (b"OggS\x00\x02" + b"\x00" * 22 + b"\x80theora", None),
        (b"\x00\x00\x00\x1cftypqt  \x00", None),
        (b"\xff\xd8\xff\xe0 a picture", None),
        (b"\xff\xf1\x50\x80", None),
        (b"<script>alert(1)</script>", None),
        (b"", None),
        (b"\xff", None),
    ],
)
def test_a_recording_is_known_by_its_first_bytes(raw: bytes, found: VoiceType | None) -> None:
    assert rules.voice_type(raw) is found


def test_a_verdict_decides_and_no_verdict_means_to_ask_again() -> None:
    assert rules.decision_of(Verdict.PASS) is CheckState.passed
    assert rules.decision_of(Verdict.REVIEW) is CheckState.held
    assert rules.decision_of(Verdict.RISKY) is CheckState.risky
    assert rules.decision_of(Verdict.UNAVAILABLE) is None


def test_each_wait_is_twice_as_long_up_to_a_minute() -> None:
    waits = [rules.wait_before(n, first=10, most=60).total_seconds() for n in (1, 2, 3, 4, 5, 500)]
    assert waits == [10, 20, 40, 60, 60, 60]
