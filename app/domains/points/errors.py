"""The ways in which points refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound


class TransferNotFound(NotFound):
    """No such entry, or not for this person."""

    code = "points.not_found"
    sentence = "没有找到这一笔积分，请回到积分页再看。"


class AccountNotFound(NotFound):
    """No such account, or not for this person."""

    code = "points.no_account"
    sentence = "没有找到这一户的积分，请先点“我的”认一认。"


class NotEnoughPoints(Conflict):
    """The account holds less than is to be taken from it."""

    code = "points.not_enough"
    sentence = "积分不够，请先看看还有多少分。"


class TransferDiffers(Conflict):
    """The id was used for another transfer."""

    code = "points.another_transfer"
    sentence = "这一笔已经记过，而且内容不一样，请刷新看一眼。"


class AlreadyReversed(Conflict):
    """A transfer is put right once."""

    code = "points.already_reversed"
    sentence = "这一笔已经冲正过，不用再办。"


class NotReversible(Invalid):
    """A reversal is itself never reversed; a new award is made instead."""

    code = "points.not_reversible"
    sentence = "冲正的记录不能再冲正，请重新记一笔。"
