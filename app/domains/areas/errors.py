"""The ways in which areas refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class HouseholdNotFound(NotFound):
    """No such household, or not for this person."""

    code = "areas.household_not_found"
    sentence = "没有找到这一户，可能已经不在您联系的名单里。"


class PersonNotFound(NotFound):
    """No such person on file, or not for this person."""

    code = "areas.person_not_found"
    sentence = "没有找到这个人，请核对姓名和村子。"


class AreaNotFound(NotFound):
    """No such place."""

    code = "areas.area_not_found"
    sentence = "没有找到这个地方，请核对代码。"


class LinkNotFound(NotFound):
    """No such link between a keeper and a household, or it is over."""

    code = "areas.link_not_found"
    sentence = "这份联户已经变了，请刷新看一眼。"


class CodeNotFound(NotFound):
    """A door code that says nothing: never issued, or revoked."""

    code = "areas.code_not_found"
    sentence = "这个门牌码已经不用了，请村里换一张新的。"


class BatchNotFound(NotFound):
    """No such import."""

    code = "areas.batch_not_found"
    sentence = "没有找到这一批，请核对批号。"


class BatchAlreadyUndone(Conflict):
    """The import was taken back before."""

    code = "areas.batch_already_undone"
    sentence = "这一批早已撤回，不用再撤。"


class NotYourLink(Forbidden):
    """Only the keeper and the household itself can say yes to each other."""

    code = "areas.not_your_link"
    sentence = "要联户党员本人或这户人家自己来确认。"


class SamePerson(Invalid):
    """Nobody hands over to himself or stands in for himself."""

    code = "areas.same_person"
    sentence = "两边是同一个人，请换一位。"


class AlreadyDeputised(Conflict):
    """Somebody already stands in at that time."""

    code = "areas.already_deputised"
    sentence = "这段时间已经有人代着了，请先结束那一份。"


class BadPeriod(Invalid):
    """A time that ends before it begins, or is over already."""

    code = "areas.bad_period"
    sentence = "起止时间不对，请重新选。"


class BadFile(Invalid):
    """A file in which lines must be put right first; nothing was changed."""

    code = "areas.bad_file"
    sentence = "文件里有行要改，还什么都没动。"


class GridWithoutName(Invalid):
    """A grid is called something: people choose it by its name."""

    code = "areas.grid_without_name"
    sentence = "网格要有名字，例如“东头网格”。"


class NothingToHandOver(Conflict):
    """The one who leaves keeps no household that the actor may move."""

    code = "areas.nothing_to_hand_over"
    sentence = "这位同志名下没有户可以移交。"


class DuplicateNotFound(NotFound):
    """No such proposal, or it was decided already, or the ids belong to several imports."""

    code = "areas.duplicate_not_found"
    sentence = "没有找到这些待定的行，可能已经有人定过了。一次只选同一批的。"


class DeputyNotFound(NotFound):
    """No such standing-in, or it is over."""

    code = "areas.deputy_not_found"
    sentence = "这份代管已经结束了，请刷新看一眼。"


class StillKeepsHouseholds(Conflict):
    """Whoever keeps households hands them over first."""

    code = "areas.still_keeps_households"
    sentence = "这位同志名下还有联系的户，请先移交，再办离开。"


class WhoIsHeadNow(Invalid):
    """The head leaves and others stay: one of them is the head now."""

    code = "areas.who_is_head_now"
    sentence = "他是户主，家里还有人，请说清楚以后谁是户主。"
