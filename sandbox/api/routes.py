"""Every interface the sandbox plays: method and path, whose token it needs, and its limits."""

from __future__ import annotations

from sandbox.api import access, account, checks, links, messages, sms, wecom
from sandbox.api.calls import Route

ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/cgi-bin/token"): Route(access.classic_token),
    ("POST", "/cgi-bin/stable_token"): Route(access.stable_token),
    ("GET", "/sns/jscode2session"): Route(access.sign_in),
    ("POST", "/wxa/business/getuserphonenumber"): Route(access.phone_number, "mp"),
    ("POST", "/cgi-bin/message/subscribe/send"): Route(
        messages.send_subscribe, "mp", letter=messages.subscribe_letter, serial=True
    ),
    ("POST", "/cgi-bin/message/subscribe/bizsend"): Route(
        messages.send_subscribe_of_account, "oa", letter=messages.template_letter
    ),
    ("POST", "/cgi-bin/message/template/send"): Route(messages.send_template, "oa", letter=messages.template_letter),
    ("POST", "/cgi-bin/message/custom/send"): Route(messages.send_custom, "any", letter=messages.custom_letter),
    ("POST", "/wxa/msg_sec_check"): Route(checks.check_text, "mp", per_minute=4000, per_day=2_000_000),
    ("POST", "/wxa/media_check_async"): Route(checks.check_media, "mp", per_minute=2000, per_day=200_000),
    ("POST", "/wxa/getwxacodeunlimit"): Route(links.mini_program_code, "mp"),
    ("POST", "/wxa/generate_urllink"): Route(links.url_link, "mp"),
    ("POST", "/wxa/generatescheme"): Route(links.scheme, "mp"),
    ("POST", "/cgi-bin/qrcode/create"): Route(links.account_code, "oa"),
    ("GET", "/cgi-bin/showqrcode"): Route(links.show_code),
    ("POST", "/cgi-bin/menu/create"): Route(account.create_menu, "oa"),
    ("GET", "/cgi-bin/menu/get"): Route(account.get_menu, "oa"),
    ("GET", "/cgi-bin/menu/delete"): Route(account.delete_menu, "oa"),
    ("GET", "/cgi-bin/user/info"): Route(account.follower, "oa"),
    ("POST", "/cgi-bin/clear_quota"): Route(account.clear_quota, "any"),
    ("POST", "/cgi-bin/openapi/quota/get"): Route(account.quota, "any"),
    ("GET", "/cgi-bin/gettoken"): Route(wecom.token),
    ("POST", "/cgi-bin/message/send"): Route(wecom.send, "wecom"),
    ("GET", "/cgi-bin/user/getuserinfo"): Route(wecom.who, "wecom"),
    ("POST", "/sms/send"): Route(sms.send_sms, letter=sms.sms_letter),
}
