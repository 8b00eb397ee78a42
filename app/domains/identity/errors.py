"""The ways in which identity refuses."""

from __future__ import annotations

from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, TooMany


class BadCode(Invalid):
    """WeChat does not know the code, or it is older than five minutes."""

    code = "identity.bad_code"
    sentence = "登录码过期了，请再点一次“登录”。"


class UsedCode(Conflict):
    """A code works once."""

    code = "identity.used_code"
    sentence = "这次的登录码已经用过了，请再点一次。"


class HighRisk(Forbidden):
    """WeChat itself blocks this person's sign-in."""

    code = "identity.high_risk"
    sentence = "微信暂时不让这个号登录。请到村委会，村干部帮您办，您的事不耽误。"


class WeChatTooOften(TooMany):
    """WeChat says that this person tried too often."""

    code = "identity.wechat_too_often"
    sentence = "点得太快了，请过一分钟再登录。"


class WeChatAway(TooMany):
    """WeChat does not answer."""

    code = "identity.wechat_away"
    sentence = "微信那边这会儿没有回音，请过几秒再点一次。"


class WeChatMisconfigured(Conflict):
    """Our own keys or rights at WeChat are wrong; only the operator can help."""

    code = "identity.wechat_misconfigured"
    sentence = "登录这会儿用不了，是我们这边没配好，已经记下。急事请直接打村委会电话。"


class TooManyTries(TooMany):
    """More tries than this account, address or code may have in its time."""

    code = "identity.too_many_tries"
    sentence = "试的次数太多了，请过一会儿再来。"


class WrongSignIn(Forbidden):
    """User name, password or second factor is wrong; which one is not said."""

    code = "identity.wrong_sign_in"
    sentence = "用户名、密码或动态码不对。动态码每 30 秒换一个，请等下一个码再试。"


class CannotRenew(Forbidden):
    """The session is over, or is a staff session, which ends when its day ends."""

    code = "identity.cannot_renew"
    sentence = "这次登录已经到时了，请重新登录。"


class WeakPassword(Invalid):
    """A password that is too easy to guess."""

    code = "identity.weak_password"
    sentence = "密码至少 10 位，要有大写、小写、数字、符号里的三种，不能含用户名，也不能和原来一样。"


class NotStaff(Forbidden):
    """Only members of staff have a password."""

    code = "identity.not_staff"
    sentence = "您用微信登录，没有密码要改。"


class BadUsername(Invalid):
    """A name that nobody could type twice in the same way."""

    code = "identity.bad_username"
    sentence = "用户名要 2 到 32 个字，可以用字母、数字、汉字和 . _ -，中间不留空格。"


class UsernameTaken(Conflict):
    """A staff account of this name exists."""

    code = "identity.username_taken"
    sentence = "这个用户名已经有人用了，请换一个。"


class StaffNotFound(NotFound):
    """No staff account of this name."""

    code = "identity.staff_not_found"
    sentence = "没有这个用户名，请核对一下。"


class NotForStaffAccounts(Forbidden):
    """A staff account belongs to its person from the start and is closed by the operator."""

    code = "identity.not_for_staff_accounts"
    sentence = "这是工作账号，不用绑定，也不能自己注销。要改请找管理员。"


class NobodyWithThisPhone(NotFound):
    """The proven number is on nobody's file."""

    code = "identity.nobody_with_this_phone"
    sentence = "村里还没有登记这个手机号。可以向村干部要一张绑定纸条，或扫自家门牌码再写上姓名。"


class NameDoesNotFit(NotFound):
    """Of those who share the number nobody, or more than one, has this name."""

    code = "identity.name_does_not_fit"
    sentence = "姓名和村里登记的对不上，请写户口本上的全名；还不行就向村干部要一张绑定纸条。"


class TicketOver(Conflict):
    """The proof of the number is too old, or somebody else's."""

    code = "identity.ticket_over"
    sentence = "等得有点久了，请再点一次“用手机号”。"


class SlipUnknown(NotFound):
    """No such slip, used before, or too old."""

    code = "identity.slip_unknown"
    sentence = "这张纸条的码不对，或者用过、过期了。请核对一遍，还不行就请村干部换一张。"


class DoorAndNameDiffer(NotFound):
    """The door code or the name is wrong; which one is not said."""

    code = "identity.door_and_name_differ"
    sentence = "门牌和姓名对不上。请对着自家门牌再扫一次，姓名写户口本上的全名。"


class AlreadyBound(Conflict):
    """One account is one person at a time."""

    code = "identity.already_bound"
    sentence = "这个微信已经认过人了。认错了的话，先在“我的”里解除，再重新认。"


class NotBound(NotFound):
    """There is nothing to end."""

    code = "identity.not_bound"
    sentence = "这个微信还没有认过人，不用解除。"


class BindingNotFound(NotFound):
    """No such claim, or not one that the actor may decide."""

    code = "identity.binding_not_found"
    sentence = "没有找到这份申请，可能别人已经办了。"


class OnlyAdults(Forbidden):
    """Children of a household do not decide who belongs to it."""

    code = "identity.only_adults"
    sentence = "这件事要家里的大人来确认，也可以请联户党员办。"


class UnknownRole(Invalid):
    """No role of this name can be given."""

    code = "identity.unknown_role"
    sentence = "没有这个角色，请从名单里选一个。"


class MayNotAppoint(Forbidden):
    """The actor's own role does not appoint to this one, or not here."""

    code = "identity.may_not_appoint"
    sentence = "您还不能给人这个角色，请找上一级来办。"


class NotForYourself(Forbidden):
    """Nobody appoints himself, and nobody dismisses himself."""

    code = "identity.not_for_yourself"
    sentence = "自己的角色要别人来办，请找上一级。"


class BadPeriod(Invalid):
    """A time that ends before it begins, or is over already."""

    code = "identity.bad_period"
    sentence = "起止时间不对，请重新选。"


class AlreadyGranted(Conflict):
    """The person holds this role here."""

    code = "identity.already_granted"
    sentence = "这个人在这里已经有这个角色了。"


class GrantNotFound(NotFound):
    """No such grant, taken back before, or not one that the actor may touch."""

    code = "identity.grant_not_found"
    sentence = "没有找到这份角色，可能已经收回了。"


class UnknownPurpose(NotFound):
    """No text for this purpose is in force."""

    code = "identity.unknown_purpose"
    sentence = "没有这一项说明，请刷新看一眼。"


class ConsentTextChanged(Conflict):
    """The text that was agreed to is not the one in force."""

    code = "identity.consent_text_changed"
    sentence = "这份说明刚改过，请看一眼新的再决定。"


class ConfirmClosing(Invalid):
    """Closing an account must be meant."""

    code = "identity.confirm_closing"
    sentence = "注销后，这个微信就看不到您家的事了，村里的台账还在。想好了，请点“还是注销”。"


class ProxyNotFound(NotFound):
    """There is no such proxy for this person, or it is over."""

    code = "identity.proxy_not_found"
    sentence = "这份委托找不到了，可能已经收回。"


class ProxyNotPossible(Invalid):
    """Nobody can make himself somebody's proxy, and a witness is a third person."""

    code = "identity.proxy_not_possible"
    sentence = "这样不能托：不能托给自己，见证人也要是另外一个人。"


class ProxyPeriod(Invalid):
    """It begins now and ends within a year or so."""

    code = "identity.proxy_period"
    sentence = "托到哪一天要在一年以内，到期了可以再托。"


class NobodyByThatName(Invalid):
    """Name and number fit nobody on file; which of the two is wrong is not said."""

    code = "identity.nobody_by_that_name"
    sentence = "姓名和手机号对不上台账里的人，请问清楚再填。"


class ProxyTooYoung(Invalid):
    """Who acts for others is of age."""

    code = "identity.proxy_too_young"
    sentence = "帮忙的人和见证人要是成年人。"


class HelpsEnough(Conflict):
    """One person acts for a few, not for a village."""

    code = "identity.helps_enough"
    sentence = "他已经帮着好几个人了，请另找一位，或者先收回别的委托。"
