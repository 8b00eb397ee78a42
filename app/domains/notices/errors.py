"""The ways in which notices refuse, and the mistakes of a programmer that stop a test."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class MessageNotFound(NotFound):
    """There is no such message for this person."""

    code = "notices.message_not_found"
    sentence = "这条消息找不到了，可能已经过了保存的期限。"


class NotRetriable(Invalid):
    """Only a message that failed, or of which nobody knows, can be sent again."""

    code = "notices.not_retriable"
    sentence = "这条消息已经送到，或者还在送，不用再发。"


class NoAccount(Forbidden):
    """Only a WeChat user can allow messages or choose quiet hours."""

    code = "notices.no_account"
    sentence = "请在微信小程序里登录后再设置。"


class BroadcastNotFound(NotFound):
    """There is no such broadcast for this person."""

    code = "notices.broadcast_not_found"
    sentence = "这条通知找不到了。"


class BroadcastTooLong(Invalid):
    """More letters than people read."""

    code = "notices.broadcast_too_long"
    sentence = "通知太长了，短一点大家才看得完。"

    def __init__(self, most: int = 0) -> None:
        super().__init__(f"最多 {most} 个字，短一点大家才看得完。" if most else "", field="words")


class NobodyToTell(Invalid):
    """The audience is empty here."""

    code = "notices.nobody_to_tell"
    sentence = "这里没有这样的人，换一个范围再发。"


class ToldEnough(TooMany):
    """The day's broadcasts are used up."""

    code = "notices.told_enough"
    sentence = "今天发的通知够多了，再多大家就不看了。明天再发，或者先打电话。"


class RemindedToday(Conflict):
    """Who has not read was reminded today."""

    code = "notices.reminded_today"
    sentence = "今天已经提醒过了，明天可以再提醒一次。急的话点名字打电话。"


class NotSentYet(Conflict):
    """Its words are still being checked, or were kept in, or it is just being told."""

    code = "notices.not_sent_yet"
    sentence = "这条通知还没都发出去，等发完了才能提醒。"


class NotYourWords(Forbidden):
    """Only who wrote a broadcast takes it back."""

    code = "notices.not_your_words"
    sentence = "这条通知是别人写的，请写的人自己收回。"


class SentAlready(Conflict):
    """People have been told; words that were read cannot be taken back."""

    code = "notices.sent_already"
    sentence = "这条通知已经发出去了，收不回来。说错了的话，再发一条更正。"


class WrongValues(Exception):
    """A message was queued with an unknown template or with other values than the template has: a mistake in code."""
