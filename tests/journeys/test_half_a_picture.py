"""A picture goes up from the hills in parts while the signal comes and goes and the server dies: it arrives once, and whole."""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageChops

from tests.journeys.people import new_id, photo, said
from tests.journeys.trouble import cut_off, insist, replace_killed
from tests.journeys.village import ZHAO, Village, zone_of
from tests.stack import Phone, Stack, until

PART = 8 * 1024
DICE = random.Random(8)


class Upload:
    """A file that the phone sends in parts; what has arrived it asks of the server each time."""

    def __init__(self, stack: Stack, phone: Phone, raw: bytes) -> None:
        self._stack, self._phone, self.raw, self.id = stack, phone, raw, new_id(stack)

    def received(self) -> int:
        """How much of it the server says it has."""
        return int(said(insist(lambda: self._phone.get(f"media/{self.id}/part")))["received"])

    def send(self) -> Any:
        """The next part, as the body of a request."""
        start = self.received()
        part = self.raw[start : start + PART]
        where = f"media?id={self.id}&kind=picture&offset={start}&size={len(self.raw)}"
        return self._phone.upload(where, part, "application/octet-stream")


def test_a_picture_survives_killed_servers_and_is_sent_no_byte_twice_that_was_answered(
    stack: Stack, village: Village
) -> None:
    member = village.call(ZHAO)
    upload = Upload(stack, member, photo())
    status, sent = 0, 0
    while status != 201:
        before = upload.received()
        answer = cut_off(stack, upload.send) if DICE.random() < 0.4 else insist(upload.send)
        status, sent = answer.status_code, sent + 1
        assert status in {201, 202}, answer.text
        assert upload.received() > before
    replace_killed(stack, "api")
    print(f"{len(upload.raw)} bytes in {sent} answered parts")
    household = zone_of(member)[0]["id"]
    body = {"id": new_id(stack), "household_id": household, "visited_at": stack.clock.now().isoformat(),
            "file_ids": [upload.id]}  # fmt: skip
    assert said(insist(lambda: member.post("visits", body)), 201)["household_id"] == household
    shown = until(lambda: (got := member.get(f"media/{upload.id}")).status_code == 200 and got)
    assert _alike(shown.content, upload.raw)


def _alike(shown: bytes, sent: bytes) -> bool:
    """The same picture, drawn anew: no grey differs much anywhere."""
    pictures = [Image.open(io.BytesIO(each)).convert("L") for each in (shown, sent)]
    if pictures[0].size != pictures[1].size:
        return False
    lowest_and_highest: tuple[int, int] = ImageChops.difference(pictures[0], pictures[1]).getextrema()  # type: ignore[assignment]
    return lowest_and_highest[1] < 64
