"""Deeds and star households of the demo village in every stage, judged by its council of seven."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from random import Random
from uuid import UUID

from sqlalchemy import select

from app.demo.cast import NEAR, NEIGHBOURS
from app.demo.drawings import photograph
from app.demo.then import Stage, Story
from app.domains.appraisals import actions as appraisals
from app.domains.appraisals.models import Seat
from app.domains.appraisals.rules import Ballot, SeatState
from app.kernel.access import unscoped
from app.kernel.transaction import reading

IN_FORCE = 36  # deeds that have brought their points by now, one every second day
_POINTS = {
    "help_elder": (5, 8, 10),
    "clean_up": (5,),
    "mediate": (5, 8, 10),
    "volunteer": (5, 10),
    "simple_feast": (15,),
}
_PICTURE = {"help_elder": "table", "clean_up": "road"}
_WORDS = {
    "help_elder": (
        "给隔壁独居的老人挑水、买药，连着跑了一周",
        "陪老人去镇上看眼睛，来回都是我接送",
        "帮老人收了半亩玉米，晒好装了袋",
    ),
    "clean_up": ("把巷子里的柴堆清走了，路能过车了", "领着几家把河边的塑料袋捡干净了", "门前屋后扫了一遍，水沟也掏了"),
    "mediate": ("给两家劝开了地边的事，当场握了手", "婆媳拌嘴，坐下来说了半天，都笑了"),
    "volunteer": ("在村口值了三天防火班", "教老人用手机交医保，教会了六个", "给幸福院包了一上午饺子"),
    "simple_feast": ("儿子结婚只办了八桌，没请乐队", "老人过世，三天就办完了，没摆流水席"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """A deed as it is declared."""

    by: str
    item: str
    words: str
    whose: str = ""  # another of the cast, whose household it is


def deeds(stage: Stage) -> Iterator[Story]:
    """All of them; each is told by itself."""
    yield _declared(stage, Told("neighbour11", "mediate", "两家为排水吵了半年，今天说和了"))
    yield _judging(stage)
    yield _published(stage, Told("neighbour13", "clean_up", "把村口的垃圾池清到底，撒了石灰"))
    yield _published(stage, Told("neighbour01", "help_elder", "她天天给坡上的五保老人送饭", whose="villager"))
    yield _objected(stage)
    yield _turned_down(stage)
    yield _refused_by_panel(stage)
    yield _star(stage, "neighbour18", day=108, judged_on=12)
    yield _star(stage, "neighbour19", day=40)
    yield _star(stage, "neighbour20", day=98)
    yield from (_in_force(stage, told, day=9 + 2 * n) for n, told in enumerate(_many()))


def _many() -> Iterator[Told]:
    """Deeds of many households; the member declares for those of his zone who have not the words for it."""
    people = ("villager", *NEIGHBOURS)
    words = {item: cycle(said) for item, said in _WORDS.items()}
    for place, item in zip(range(IN_FORCE), cycle(_WORDS), strict=False):
        who = people[place * 5 % len(people)]
        is_told_by_member = who in NEAR and place % 3 == 0
        yield Told("member" if is_told_by_member else who, item, next(words[item]), whose=who)


def declared(stage: Stage, told: Told, *, seed: int = 1) -> UUID:
    """Somebody declares a deed, with a picture where one is wanted."""
    what = _PICTURE.get(told.item)
    files = () if what is None else (UUID(photograph(stage, told.by, what, seed=seed)),)
    with stage.acting(told.by) as tx:
        return appraisals.declare(
            tx,
            appraisals.Declaration(
                tx.new_id(),
                "deed",
                (told.item,),
                told.words,
                household_id=stage.players[told.whose or told.by].household_id,
                file_ids=files,
                has_picture_consent=bool(files),
            ),
        ).id


def checked(stage: Stage, appraisal: UUID, *, is_fine: bool = True, reason: str = "") -> None:
    """The clerk's look."""
    with stage.acting("clerk") as tx:
        appraisals.check(tx, appraisal, is_fine=is_fine, reason=reason)


def voted(stage: Stage, appraisal: UUID, ballot: Ballot, *, most: int = 9) -> None:
    """Those of the council who were drawn and have not voted yet say so, at most so many of them."""
    for key in _asked(stage, appraisal)[:most]:
        with stage.acting(key) as tx:
            appraisals.vote(tx, appraisal, ballot)


@unscoped("the story lets those vote who were drawn")
def _asked(stage: Stage, appraisal: UUID) -> list[str]:
    with reading(stage.runtime) as db:
        seats = select(Seat.person_id).where(Seat.appraisal_id == appraisal, Seat.state == SeatState.asked)
        return [key for person in db.scalars(seats.order_by(Seat.id)) if (key := stage.key_of(person))]


def _yes(item: str, seed: int) -> Ballot:
    return Ballot(is_yes=True, points=Random(seed).choice(_POINTS[item]), reason="true_and_good")


def _declared(stage: Stage, told: Told) -> Story:
    yield stage.ago(hours=2)
    declared(stage, told)


def _judging(stage: Stage) -> Story:
    """One of three has voted; two phones are asked."""
    yield stage.days_ago(1, 9)
    deed = declared(stage, Told("neighbour12", "clean_up", "把三组的水沟从头到尾掏了一遍"), seed=51)
    yield stage.days_ago(1, 11)
    checked(stage, deed)
    yield stage.ago(minutes=40)
    voted(stage, deed, _yes("clean_up", 1), most=1)


def _published(stage: Stage, told: Told) -> Story:
    yield stage.days_ago(4, 9)
    deed = declared(stage, told, seed=52)
    yield stage.days_ago(3, 10)
    checked(stage, deed)
    yield stage.days_ago(2, 18)
    voted(stage, deed, _yes(told.item, 2))


def _objected(stage: Stage) -> Story:
    """A neighbour does not believe it; three others of the council are asked now."""
    yield stage.days_ago(5, 9)
    deed = declared(stage, Told("neighbour14", "clean_up", "一个人把戏台前的场子扫干净了"), seed=53)
    yield stage.days_ago(4, 9)
    checked(stage, deed)
    yield stage.days_ago(2, 17)
    voted(stage, deed, _yes("clean_up", 3))
    yield stage.ago(minutes=25)
    with stage.acting("neighbour16") as tx:
        said = appraisals.Said(tx.new_id(), "not_true", "那天是好几家一起扫的，不是一个人")
        appraisals.object_to(tx, deed, said)


def _turned_down(stage: Stage) -> Story:
    """The clerk sends it back, and says what would help."""
    yield stage.days_ago(6, 9)
    deed = declared(stage, Told("neighbour21", "clean_up", "扫了自家院子"), seed=54)
    yield stage.days_ago(6, 15)
    checked(stage, deed, is_fine=False, reason="own_duty")


def _refused_by_panel(stage: Stage) -> Story:
    yield stage.days_ago(13, 9)
    deed = declared(stage, Told("neighbour17", "volunteer", "帮忙看了一天场子"))
    yield stage.days_ago(13, 15)
    checked(stage, deed)
    yield stage.days_ago(12, 10)
    voted(stage, deed, Ballot(is_yes=False, points=0, reason="not_found"))


def _in_force(stage: Stage, told: Told, *, day: int) -> Story:
    """Declared, looked at, judged; the clock brings the points when the days of publication are over."""
    yield stage.days_ago(day, 8 + day % 4)
    deed = declared(stage, told, seed=day)
    yield stage.days_ago(day, 16)
    checked(stage, deed)
    yield stage.days_ago(day - 1, 10 + day % 5)
    voted(stage, deed, _yes(told.item, day))


def _star(stage: Stage, who: str, *, day: int, judged_on: int = 0) -> Story:
    """Three months in which somebody looks in twice; then five neighbours judge, where the story goes on so far."""
    yield stage.days_ago(day, 9)
    with stage.acting(who) as tx:
        told = appraisals.Declaration(
            tx.new_id(), "star_household", ("harmony", "kind", "diligent"), "一家人和和气气，邻居有事随叫随到",
            has_plate_consent=True,
        )  # fmt: skip
        star = appraisals.declare(tx, told).id
    yield stage.days_ago(day - 2, 10)
    checked(stage, star)
    yield stage.days_ago(day - 20, 10)
    _looked_in(stage, "council1", star)
    if day > 80:
        yield stage.days_ago(day - 60, 10)
        _looked_in(stage, "clerk", star)
    if judged_on:
        yield stage.days_ago(judged_on, 18)
        voted(stage, star, Ballot(is_yes=True, points=0, reason="deserves"))


def _looked_in(stage: Stage, who: str, star: UUID) -> None:
    with stage.acting(who) as tx:
        appraisals.look_in(tx, star)
