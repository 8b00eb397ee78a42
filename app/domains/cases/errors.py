"""The ways in which cases refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class CaseNotFound(NotFound):
    """No such case, or not for this person."""

    code = "cases.not_found"
    sentence = "没有找到这件事，可能还没有传上来，或者不归您看。"


class KindNotFound(NotFound):
    """No such kind of case, or no such category of it."""

    code = "cases.kind_not_found"
    sentence = "没有这一类事，请刷新后再选。"


class MayNotOpen(Forbidden):
    """The kind is not opened by people of this role."""

    code = "cases.may_not_open"
    sentence = "这一类事您还不能报，请联系村里。"


class NoPlace(Invalid):
    """Nothing says which household the matter is about."""

    code = "cases.no_place"
    sentence = "还不知道是哪一户的事，请先选一户。"


class WrongForm(Invalid):
    """A field of the form is missing or cannot be understood; the sentence says which."""

    code = "cases.wrong_form"
    sentence = "有一项没填好，请改一下再送。"


class NoSuchMove(Invalid):
    """The kind has no such move."""

    code = "cases.no_such_move"
    sentence = "没有这个办法，请刷新后再选。"


class NotYourMove(Forbidden):
    """Somebody else's turn."""

    code = "cases.not_your_move"
    sentence = "这一步要由别人来办，您看着就好。"


class OwnWord(Forbidden):
    """Whoever worked on a case cannot say himself that it is solved, also where he raised it."""

    code = "cases.own_word"
    sentence = "这件事您自己经手办过，办没办好要别人来说：请等家里人回话，或者等回访员上门。"


class MovedOn(Conflict):
    """The case has gone on since the person looked at it."""

    code = "cases.moved_on"
    sentence = "这件事刚才已经往前走了，请刷新看一眼。"


class TakenByOther(Conflict):
    """Somebody else was first; the sentence says who."""

    code = "cases.taken"
    sentence = "这件事已经有人接了，您不用再管。"


class NothingToUrge(Conflict):
    """Nobody is waited on who could hurry: the case has ended, or waits for the villager's own word."""

    code = "cases.nothing_to_urge"
    sentence = "这件事现在不等别人，不用催。"


class UrgedLately(Conflict):
    """Urged so short a time ago that doing it again would only annoy; the sentence says when one may again."""

    code = "cases.urged_lately"
    sentence = "刚催过了，过些时候再催。着急就打电话。"


class NeedMissing(Conflict):
    """A condition of the move is not met; the sentence says which."""

    code = "cases.need_missing"
    sentence = "还差一步，办不了。"


class NobodyThere(Conflict):
    """The office that was named has nobody in it who can be told."""

    code = "cases.nobody_there"
    sentence = "这个岗位现在没有人能接，请换一个。"


class NotTheSame(Conflict):
    """Two cases that are not alike enough to be one."""

    code = "cases.not_the_same"
    sentence = "这两件事并不到一起，请看看是不是同一个地方、同一类。"


class MayNotExtend(Conflict):
    """A clock that cannot be moved on (any more)."""

    code = "cases.may_not_extend"
    sentence = "这个时限不能再延了。"


class OwnHand(Forbidden):
    """Whoever acts for another raises a matter and follows it; what it comes to, that person says himself."""

    code = "cases.own_hand"
    sentence = "这一步要他本人来说。他手机不方便，到时会有回访员上门问。"
