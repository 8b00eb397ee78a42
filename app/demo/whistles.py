"""Whistles of the demo village in every stage: fresh, taken on, promised, late, waiting for the villager's word, closed, raised at a door."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.demo.drawings import photograph
from app.demo.then import Stage, Story
from app.domains.cases import actions as cases
from app.domains.visits import actions as visits
from app.domains.visits.rules import Entry, Kind, Share
from app.domains.visits.rules import Story as Seen
from app.kernel.values import local_day

_LAMP = "巷口路灯坏了三天，晚上不敢出门"
_SEEN = "去看了，是这么回事"
_CANAL = ("地头的水渠淤死了，浇不上地", "陪老人去地头看了水渠，淤得走不了水，当场报了上去")
_STALL = ("想在村口摆个柿子摊，不知道找谁", "柿子下来了，想在村口摆个摊，帮着问一问")


def whistles(stage: Stage) -> Iterator[Story]:
    """All of them; each is told by itself."""
    yield _fresh(stage)
    yield _taken_on(stage)
    yield _promised(stage)
    yield _late(stage)
    yield _done(stage)
    yield _closed(stage)
    yield _closed_at_the_second_try(stage)
    yield _rechecked(stage)
    yield _refused(stage)
    yield _urgent(stage)
    yield _of_a_business(stage)
    yield _at_the_door(stage, days=6, is_solved=True)
    yield _at_the_door(stage, days=2, is_solved=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """A matter that somebody has raised, on its way."""

    stage: Stage
    id: UUID

    def go(self, who: str, move: str, /, **form: Any) -> None:
        """Somebody makes a move."""
        with self.stage.acting(who) as tx:
            cases.move_case(tx, self.id, cases.Step(tx.new_id(), move, form))


def opened(stage: Stage, who: str, category: str, /, *, kind: str = "whistle", **form: Any) -> Raised:
    """Somebody raises a matter."""
    with stage.acting(who) as tx:
        return Raised(stage, cases.open_case(tx, cases.Opening(tx.new_id(), kind, category, form)).id)


def _taken(case: Raised, *, does: str = "do_self") -> None:
    """The member takes it on, looks, and does it himself or calls whoever should."""
    case.go("member", "accept")
    case.go("member", "confirm", text=_SEEN)
    if does:
        case.go("member", does)


def _finished(case: Raised, text: str, *, shown: str, seed: int, who: str = "member") -> None:
    """Whoever worked on it says what he did, with a picture."""
    case.go(who, "done", text=text, photos=[photograph(case.stage, who, shown, seed=seed)])


def _fresh(stage: Stage) -> Story:
    yield stage.ago(minutes=12)
    picture = photograph(stage, "villager", "ditch", seed=1)
    text = "院墙外的排水沟又堵了，一下雨就往院里倒灌"
    opened(stage, "villager", "habitat", text=text, photos=[picture], place="三组巷子最里头")


def _taken_on(stage: Stage) -> Story:
    yield stage.days_ago(1, 9, 20)
    case = opened(stage, "neighbour02", "habitat", text="门前的垃圾桶满得快，想多放一个", place="二组路口")
    yield stage.days_ago(1, 10, 5)
    case.go("member", "accept")


def _promised(stage: Stage) -> Story:
    yield stage.days_ago(3, 8, 40)
    picture = photograph(stage, "neighbour03", "well", seed=2)
    case = opened(stage, "neighbour03", "habitat", text="井台的护栏松了，怕孩子掉下去", photos=[picture])
    yield stage.days_ago(3, 9, 30)
    _taken(case, does="")
    yield stage.days_ago(3, 11)
    case.go("member", "whistle", unit="clerk@village", basis="村里的公共设施归村里管")
    yield stage.days_ago(3, 15)
    day = local_day(stage.now) + timedelta(days=2)
    case.go("clerk", "report", by=day.isoformat(), what="请镇上的焊工来，护栏换新的")


def _late(stage: Stage) -> Story:
    """Nobody acts: after eight hours the secretary is told, after eight more the town."""
    yield stage.ago(hours=20)
    picture = photograph(stage, "neighbour15", "yard", seed=3)
    opened(stage, "neighbour15", "habitat", text="村口堆的建筑垃圾没人清，车过不去", photos=[picture], place="村口")


def _done(stage: Stage) -> Story:
    yield stage.days_ago(6, 9)
    case = opened(stage, "villager", "habitat", text=_LAMP, photos=[photograph(stage, "villager", "dark", seed=4)])
    yield stage.days_ago(6, 9, 50)
    _taken(case)
    yield stage.ago(hours=26)
    _finished(case, "换了灯泡和开关，昨晚已经亮了", shown="lamp", seed=5)


def _closed(stage: Stage) -> Story:
    yield stage.days_ago(24, 8, 30)
    case = opened(stage, "villager", "habitat", text="门前路面塌了个坑，骑车摔了一跤")
    yield stage.days_ago(24, 9, 15)
    _taken(case)
    yield stage.days_ago(21, 17)
    _finished(case, "拉了两车石子填平，又抹了水泥", shown="road", seed=6)
    yield stage.days_ago(20, 10)
    case.go("villager", "yes", score="满意", text="来得快，路也平了")


def _closed_at_the_second_try(stage: Stage) -> Story:
    yield stage.days_ago(33, 10)
    case = opened(stage, "neighbour04", "personal", text="老人的慢病卡过期了，不知道怎么续")
    yield stage.days_ago(33, 14)
    _taken(case)
    yield stage.days_ago(30, 16)
    _finished(case, "问了镇医保所，材料交上去了", shown="paper", seed=7)
    yield stage.days_ago(29, 9)
    case.go("neighbour04", "no", text="卡还刷不了药")
    yield stage.days_ago(27, 11)
    _finished(case, "陪着去镇上激活了，当场能用", shown="paper", seed=8)
    yield stage.days_ago(26, 9)
    case.go("neighbour04", "yes", score="基本满意", text="跑了两趟，总算办成了")


def _rechecked(stage: Stage) -> Story:
    """Done, and the villager says nothing for a week: somebody from outside is drawn to ask at the door."""
    yield stage.days_ago(16, 9)
    case = opened(stage, "neighbour05", "habitat", text="巷子里的野狗夜里乱叫，怕咬着人")
    yield stage.days_ago(16, 10)
    _taken(case)
    yield stage.days_ago(10, 16)
    _finished(case, "请镇上的人收走了三条，再没听见叫", shown="road", seed=9)


def _refused(stage: Stage) -> Story:
    yield stage.days_ago(12, 9)
    case = opened(stage, "neighbour06", "personal", text="和表弟合伙买的拖拉机，钱算不清")
    yield stage.days_ago(12, 11)
    instead = "先请镇司法所调解，谈不拢再去法庭；要写材料可以找我"
    case.go("member", "refuse", reason="应走诉讼仲裁复议", instead=instead)


def _urgent(stage: Stage) -> Story:
    yield stage.days_ago(9, 7, 30)
    case = opened(stage, "neighbour07", "living", text="水管爆了，三户没水吃")
    yield stage.days_ago(9, 7, 41)
    _taken(case)
    yield stage.days_ago(9, 11, 20)
    _finished(case, "换了两米管子，水来了", shown="well", seed=10)
    yield stage.days_ago(9, 12)
    case.go("neighbour07", "yes", score="满意")


def _of_a_business(stage: Stage) -> Story:
    yield stage.days_ago(1, 14)
    case = opened(stage, "neighbour12", "business", text="大棚想贷点款买膜，不知道找谁")
    yield stage.days_ago(1, 16)
    case.go("clerk", "accept")


def _at_the_door(stage: Stage, *, days: int, is_solved: bool) -> Story:
    """Raised at a visit that is shown: whoever reads of the visit sees how the matter stands."""
    yield stage.days_ago(days, 10)
    case = _raised_at_a_visit(stage, "neighbour08", _CANAL if is_solved else _STALL)
    yield stage.days_ago(days, 15)
    case.go("clerk", "accept")
    if not is_solved:
        return
    case.go("clerk", "confirm", text=_SEEN)
    case.go("clerk", "do_self")
    yield stage.days_ago(days - 2, 16)
    _finished(case, "叫了挖机清了半天，水过来了", shown="ditch", seed=12, who="clerk")
    yield stage.days_ago(days - 3, 9)
    case.go("member", "yes", score="满意")


def _raised_at_a_visit(stage: Stage, whose: str, words: tuple[str, str]) -> Raised:
    text, shown = words
    household_id = stage.players[whose].household_id
    with stage.acting("member") as tx:
        story, share = Seen(("revival",), text, ()), Share(shown)
        entry = Entry(tx.new_id(), household_id, None, tx.now, Kind.door, story, share=share)
        visits.log_visit(tx, entry)
        opening = cases.Opening(tx.new_id(), "whistle", "revival", {"text": text}, household_id, entry.id)
        return Raised(stage, cases.open_case(tx, opening).id)
