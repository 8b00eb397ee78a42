"""The ways in which media refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Invalid, NotFound, TooMany


class FileTooLarge(Invalid):
    """A file above the limit of its kind."""

    code = "media.too_large"
    sentence = "文件太大了。照片压缩一下、录音短一些再传。"


class EmptyFile(Invalid):
    """A file without a byte in it."""

    code = "media.empty"
    sentence = "文件是空的，请重新拍一张或录一段。"


class NotARecording(Invalid):
    """Something that is no recording of a phone or a browser."""

    code = "media.not_a_recording"
    sentence = "这段录音打不开，请重新录一段。"


class PartDoesNotFit(Invalid):
    """A part that is too small, goes beyond the file's end, or belongs to another file than the parts before it."""

    code = "media.part_does_not_fit"
    sentence = "这一段和前面传的对不上，请把这个文件从头再传一次。"


class PartGap(Conflict):
    """A part that does not follow the last one that was kept; the phone asks how far it is, and goes on from there."""

    code = "media.part_gap"
    sentence = "前面还少一段，手机会接着传。照片和录音都在手机里。"


class QuotaReached(TooMany):
    """So much from one account on one day."""

    code = "media.quota_reached"
    sentence = "今天传得够多了，剩下的明天再传。照片在手机里都还在。"


class FileNotFound(NotFound):
    """No such file, or not for this person, or not ready to be seen."""

    code = "media.not_found"
    sentence = "没有找到这个文件，可能还没有传上来。"
