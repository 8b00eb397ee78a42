"""The village of all journeys: who lives in which household, who is a member and keeps whom, who holds a phone."""

from __future__ import annotations

from typing import Any

from tests.journeys.people import bind_by_phone, said, take_phone
from tests.journeys.roll import Home, Resident, Zone, hand_in, hand_in_zones
from tests.stack import Phone, Stack, until

NAME, CODE, PATH = "山口村", "419001101203", "419001/101/203/"
TOWN_CODE = "419001101000"

ZHAO = Resident("赵建国", phone="13600100001", born="1975")
LI = Resident("李秀英", phone="13600100002", born="1980")
MENG = Resident("孟德胜", phone="13600100003", born="1968")
MEMBERS = (ZHAO, LI, MENG)

WANG = Resident("王桂兰", phone="13600200001", born="1955")
SHANG = Resident("尚春生", phone="13600200002", born="1990")
FATHER, MOTHER = Resident("尚守田", born="1950"), Resident("卢翠枝", "配偶", "13600200003", "1952")

OWN = [Home(f"70{n:02d}", (member,)) for n, member in enumerate(MEMBERS, 1)]
KNOWN = [Home("8001", (FATHER, MOTHER)), Home("8002", (WANG,), flags="独居"), Home("8003", (SHANG,))]
NEIGHBOURS = [
    Home(
        f"90{n:02d}", (Resident(f"段{'东南西北'[n // 8]}{'春夏秋冬明亮安平'[n % 8]}", phone=phone, born=str(1940 + n)),)
    )
    for n, phone in enumerate(["13600300001", "13600300002", "13600300003", *[""] * 29])
]
HOMES = [*OWN, *KNOWN, *NEIGHBOURS]
ZONES = (
    Zone(ZHAO, (*KNOWN, *NEIGHBOURS[:12])),
    Zone(LI, tuple(NEIGHBOURS[12:22])),
    Zone(MENG, tuple(NEIGHBOURS[22:])),
)


def settle(office: Stack) -> None:
    """What an operator does on a Friday morning, at the terminal of the town hall."""
    office.command("import", "divisions")
    hand_in(office, NAME, HOMES)
    for member in MEMBERS:
        office.command("member", "add", "--village", CODE, "--branch", "山口村党支部", member.phone)
    hand_in_zones(office, CODE, ZONES)


class Village:
    """The people of the village with their phones, who bind themselves by their number when they are first called."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._phones: dict[str, str] = {}

    def call(self, person: Resident) -> Phone:
        """A person with the mini-program open; a session that ran out is opened again."""
        openid = self._phones.get(person.name)
        if openid is not None:
            self.stack.ask_sandbox(f"phones/{openid}/visit", {})
            return self.stack.sign_in(openid)
        phone = take_phone(self.stack, person.name, person.phone)
        assert bind_by_phone(phone)["state"] == "active"
        self._phones[person.name] = phone.openid
        return phone

    def month_is_open(self, member: Phone) -> dict[str, Any]:
        """The member's month, once the scheduler has opened it."""
        return dict(until(lambda: (month := said(member.get("duties/month")))["total"] and month))


def zone_of(member: Phone) -> list[dict[str, Any]]:
    """The households that a member sees as his own."""
    households: list[dict[str, Any]] = said(member.get("zone/households"))["households"]
    return households


def household_of(person: Phone) -> str:
    """The household of somebody who is bound."""
    return str(said(person.get("me"))["person"]["household_id"])
