"""The ways in which appraisals refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound


class KindUnknown(Invalid):
    """No such kind in this city."""

    code = "appraisals.kind_unknown"
    sentence = "这里还没有开这一项，请回到首页再选。"


class ItemUnknown(Invalid):
    """No such item in this kind, or too many."""

    code = "appraisals.item_unknown"
    sentence = "选的项目不对，请重新选一下。"


class NotOfHousehold(Invalid):
    """The doer does not live in that household."""

    code = "appraisals.not_of_household"
    sentence = "做事的人不在这一户，请重新选一下是谁做的。"


class DayNotAccepted(Invalid):
    """A deed of tomorrow, or of too long ago."""

    code = "appraisals.day_not_accepted"
    sentence = "做事的日子不对：不能是以后的日子，也不能过去太久。请核对一下。"


class PhotoNeeded(Invalid):
    """This item needs a picture."""

    code = "appraisals.photo_needed"
    sentence = "这一项要配一张照片，请拍一张再送。"


class WordsNeeded(Invalid):
    """Neither words nor a recording: nobody could judge that."""

    code = "appraisals.words_needed"
    sentence = "做了什么好事，说一段或写两句再送。"


class WayNotOpen(Forbidden):
    """This kind cannot be declared in this way."""

    code = "appraisals.way_not_open"
    sentence = "这一项要由那一户自己来申报，您可以提醒他们一声。"


class HouseholdUnknown(NotFound):
    """No such household, or not for this person."""

    code = "appraisals.household_not_found"
    sentence = "没有找到这一户，请扫门牌码或从名单里选。"


class AlreadyThisPeriod(Conflict):
    """One a period, and there is one already."""

    code = "appraisals.already_this_period"
    sentence = "今年已经申报过了，打开“我的申报”看看到哪一步了。"


class AppraisalNotFound(NotFound):
    """No such appraisal, or not for this person."""

    code = "appraisals.not_found"
    sentence = "没有找到这一件，可能已经撤回了。"


class AlreadyMoved(Conflict):
    """The appraisal has gone on since."""

    code = "appraisals.already_moved"
    sentence = "这一件已经往下走了，请刷新看看到哪一步了。"


class OwnHousehold(Forbidden):
    """Nobody checks or judges what his own household has declared."""

    code = "appraisals.own_household"
    sentence = "这是您自家的事，请让别人来看。点“我要回避”就会换人。"


class ReasonUnknown(Invalid):
    """A reason that is not in the list."""

    code = "appraisals.reason_unknown"
    sentence = "请从给出的原因里选一个。"


class PointsOutside(Invalid):
    """Points outside of what the item allows."""

    code = "appraisals.points_outside"
    sentence = "给的分不在这一项的范围里，请改一下。"


class TooLateToWithdraw(Conflict):
    """Judging has begun."""

    code = "appraisals.too_late_to_withdraw"
    sentence = "评议已经开始，撤不回来了。有话可以到村里说一声。"


class TooLateToDecline(Conflict):
    """It has come to its end already."""

    code = "appraisals.too_late_to_decline"
    sentence = "送到的时候，这一件已经有结果了，没赶上，不怪您。有话可以到村里说一声。"


class NotNominated(Forbidden):
    """One turns down what others declared; one's own is withdrawn."""

    code = "appraisals.not_nominated"
    sentence = "这是您自家申报的，不想要了请点“撤回”。"


class NotOpenForObjections(Conflict):
    """It is not published, or no longer."""

    code = "appraisals.not_open_for_objections"
    sentence = "送到的时候，公示已经结束，没赶上，不怪您。有话可以到村里说一声。"


class AlreadyObjected(Conflict):
    """One objection for each publication."""

    code = "appraisals.already_objected"
    sentence = "您已经提过一次了，答复出来会告诉您。"


class JudgesDoNotObject(Conflict):
    """Who has voted on this very question cannot raise it."""

    code = "appraisals.judges_do_not_object"
    sentence = "您正在评议这一件，意见请写在评议里。"


class SeatOver(Conflict):
    """A vote that came when its seat was over, perhaps from a phone without signal; the sentence says what had happened."""

    code = "appraisals.seat_over"
    sentence = "送到的时候，这一件已经评完了。您写的没赶上，没有算进去，不怪您。"


class LookedInToday(Conflict):
    """One look a day and person counts."""

    code = "appraisals.looked_in_today"
    sentence = "您这一天已经去看过这一家了，改天再去。"
