"""The ways in which members refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, NotFound


class MemberNotFound(NotFound):
    """No such member, or not for this person."""

    code = "members.not_found"
    sentence = "党员名册里没有找到这个人，请先登记。"


class BranchNotFound(NotFound):
    """No such branch."""

    code = "members.branch_not_found"
    sentence = "没有找到这个党支部，请先登记。"


class AlreadyMember(Conflict):
    """The person is on the roll of members already."""

    code = "members.already_member"
    sentence = "这位同志已经在名册里，不用再登记。"


class BranchExists(Conflict):
    """The village has a branch of this name."""

    code = "members.branch_exists"
    sentence = "这个村已有同名的党支部。"
