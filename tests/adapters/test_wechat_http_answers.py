"""Answers of HTTP/1.1 byte by byte: whole ones are read, broken ones are told, none is believed in part."""

from __future__ import annotations

import random
import socket

import pytest

from app.adapters.http_answers import Answer, AnswerReader, Broken, TooLarge


def read(sent: bytes, *, step: int = 65_536, max_bytes: int = 1000) -> Answer:
    """Read what the other side sends in pieces and then hangs up."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.5)
        for at in range(0, len(sent), step):
            theirs.sendall(sent[at : at + step])
        theirs.shutdown(socket.SHUT_WR)
        return AnswerReader(ours, max_bytes=max_bytes, seconds=5).read()


WHOLE = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": Answer(200, b"hello", True),
    b"HTTP/1.1 200\r\ncontent-length:0\r\n\r\n": Answer(200, b"", True),
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Close\r\n\r\nhello": Answer(200, b"hello", False),
    b"HTTP/1.0 200 OK\r\n\r\nhello": Answer(200, b"hello", False),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n": Answer(
        200, b"hello", True
    ),
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nT: 1\r\n\r\n": Answer(
        200, b"hello", True
    ),
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n": Answer(204, b"", True),
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloEXTRA": Answer(200, b"hello", False),
    "HTTP/1.1 502 网关\r\nContent-Length: 1\r\n\r\nx".encode(): Answer(502, b"x", True),
}


@pytest.mark.parametrize("sent", WHOLE)
@pytest.mark.parametrize("step", [1, 7, 65_536])
def test_a_whole_answer_is_read_however_it_is_cut_into_packets(sent: bytes, step: int) -> None:
    got = read(sent, step=step)
    assert (got.status, got.body) == (WHOLE[sent].status, WHOLE[sent].body)
    if step == 65_536:
        assert got.may_stay == WHOLE[sent].may_stay


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: +5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX\r\n0\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000,
    ],
)
def test_an_answer_that_is_cut_off_or_is_none_is_broken(sent: bytes) -> None:
    with pytest.raises(Broken):
        read(sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + (b"1F4\r\n" + b"x" * 500 + b"\r\n") * 3,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
    ],
)
def test_an_answer_above_the_limit_is_not_read(sent: bytes) -> None:
    with pytest.raises(TooLarge):
        read(sent)


def test_a_damaged_answer_is_read_or_told_and_nothing_else() -> None:
    dice = random.Random(11)
    for _ in range(1500):
        sent = bytearray(dice.choice(list(WHOLE)))
        for _ in range(dice.randrange(1, 5)):
            sent[dice.randrange(len(sent))] = dice.choice(b"\r\n 0:9xA\x00\xff")
        try:
            assert isinstance(read(bytes(sent)), Answer)
        except (Broken, TooLarge):
            continue
