"""The fake WeChat hands out tokens and exchanges one-time codes as the real one does."""

from __future__ import annotations

import pytest

from tests.adapters.sandbox_desk import CONFIG, Desk, desks

desk = pytest.fixture(desks)
MP = {"appid": CONFIG.mp.appid, "secret": CONFIG.mp.secret}


def classic(desk: Desk, **more: str) -> dict[str, object]:
    return desk.get("/cgi-bin/token", **{"grant_type": "client_credential", **MP, **more}).json()


def works(desk: Desk, token: object) -> int:
    answer = desk.post("/wxa/generate_urllink", {"path": "pages/a"}, access_token=str(token)).json()
    return int(answer["errcode"])


def sign_in(desk: Desk, code: str) -> dict[str, object]:
    return desk.get("/sns/jscode2session", **MP, js_code=code, grant_type="authorization_code").json()


def test_every_answer_is_http_200_and_a_refusal_ends_in_a_rid(desk: Desk) -> None:
    answer = desk.get("/cgi-bin/token", grant_type="client_credential", appid="wx-nobody", secret="x")
    assert answer.status_code == 200
    assert answer.json()["errcode"] == 40013
    assert answer.json()["errmsg"].startswith("invalid appid rid: ")


def test_a_wrong_secret_and_a_foreign_address_are_refused(desk: Desk) -> None:
    assert classic(desk, secret="wrong")["errcode"] == 40125
    desk.ctl("/settings", {"ip_allowed": False})
    refusal = classic(desk)
    assert refusal["errcode"] == 40164
    assert "not in whitelist" in str(refusal["errmsg"])


def test_a_new_classic_token_leaves_the_last_one_its_grace_and_kills_older_ones(desk: Desk) -> None:
    tokens = [classic(desk)["access_token"] for _ in range(3)]
    assert [works(desk, token) for token in tokens] == [40001, 0, 0]
    desk.ctl("/advance", {"seconds": 301})
    assert [works(desk, token) for token in tokens] == [40001, 40001, 0]


def test_the_stable_token_is_the_same_for_all_until_little_is_left(desk: Desk) -> None:
    first = desk.fetch_token().json()
    assert desk.fetch_token().json()["access_token"] == first["access_token"]
    desk.ctl("/advance", {"seconds": 7000})
    second = desk.fetch_token().json()
    assert second["access_token"] != first["access_token"]
    assert works(desk, first["access_token"]) == works(desk, second["access_token"]) == 0


def test_a_forced_stable_token_kills_the_old_one_and_needs_thirty_seconds_between(desk: Desk) -> None:
    old = desk.fetch_token().json()["access_token"]
    new = desk.fetch_token(force_refresh=True).json()["access_token"]
    assert (works(desk, old), works(desk, new)) == (40001, 0)
    assert desk.fetch_token(force_refresh=True).json()["errcode"] == 45011
    desk.ctl("/advance", {"seconds": 31})
    assert "access_token" in desk.fetch_token(force_refresh=True).json()


def test_stable_and_classic_tokens_do_not_disturb_each_other(desk: Desk) -> None:
    stable = desk.fetch_token().json()["access_token"]
    for _ in range(3):
        classic(desk)
    assert works(desk, stable) == 0


def test_missing_malformed_unknown_and_expired_tokens_are_told_apart(desk: Desk) -> None:
    token = desk.fetch_token().json()["access_token"]
    assert [works(desk, one) for one in ("", "short", "x" * 100)] == [41001, 40014, 40001]
    desk.ctl("/advance", {"seconds": 7201})
    assert works(desk, token) == 42001


def test_the_token_of_one_account_opens_nothing_of_the_other(desk: Desk) -> None:
    assert desk.post("/cgi-bin/menu/create", {"button": []}, access_token=desk.token("mp")).json()["errcode"] == 48001


def test_classic_tokens_run_out_for_the_day_and_come_back_at_midnight(desk: Desk) -> None:
    desk.ctl("/settings", {"classic_per_day": 2})
    assert [classic(desk).get("errcode") for _ in range(3)] == [None, None, 45009]
    desk.ctl("/advance", {"seconds": 86_400})
    assert "access_token" in classic(desk)


def test_revoked_tokens_are_unknown_at_once(desk: Desk) -> None:
    token = desk.token()
    desk.ctl("/tokens/revoke", {})
    assert works(desk, token) == 40001


def test_a_sign_in_code_works_once_and_five_minutes_long(desk: Desk) -> None:
    phone = desk.phone()
    code = desk.ctl(f"/phones/{phone['openid']}/login-code", {})["code"]
    session = sign_in(desk, code)
    assert session["openid"] == phone["openid"]
    assert session["unionid"] == phone["unionid"]
    assert "errcode" not in session
    assert sign_in(desk, code)["errcode"] == 40163
    late = desk.ctl(f"/phones/{phone['openid']}/login-code", {})["code"]
    desk.ctl("/advance", {"seconds": 301})
    assert [sign_in(desk, one)["errcode"] for one in (late, "made-up")] == [40029, 40029]


def test_an_unbound_account_tells_no_union_id_and_a_risky_person_is_blocked(desk: Desk) -> None:
    stranger, risky = desk.phone(bound=False), desk.phone(high_risk=True)
    codes = [desk.ctl(f"/phones/{one['openid']}/login-code", {})["code"] for one in (stranger, risky)]
    assert "unionid" not in sign_in(desk, codes[0])
    assert sign_in(desk, codes[1])["errcode"] == 40226


def test_a_hundred_sign_ins_a_minute_are_enough_for_one_person(desk: Desk) -> None:
    phone = desk.phone()
    world = desk.running.world
    desk.ctl("/clock", {"pause": True})
    codes = [world.new_code(world.phones.of_mp(phone["openid"]), "login") for _ in range(101)]
    answers = [sign_in(desk, code).get("errcode") for code in codes]
    assert answers == [None] * 100 + [45011]


@pytest.mark.parametrize(("as_number", "country"), [(False, "86"), (True, 86)])
def test_the_phone_number_comes_once_with_its_country_as_text_or_number(
    desk: Desk, as_number: bool, country: object
) -> None:
    desk.ctl("/settings", {"country_code_as_number": as_number})
    phone = desk.phone(number="13800000001")
    code = desk.ctl(f"/phones/{phone['openid']}/phone-code", {})["code"]
    told = desk.call("/wxa/business/getuserphonenumber", {"code": code})["phone_info"]
    assert (told["purePhoneNumber"], told["countryCode"]) == ("13800000001", country)
    assert desk.call("/wxa/business/getuserphonenumber", {"code": code})["errcode"] == 40163


def test_wecom_keeps_its_token_and_tells_who_was_not_reached(desk: Desk) -> None:
    asked = {"corpid": CONFIG.wecom.appid, "corpsecret": CONFIG.wecom.secret}
    tokens = {desk.get("/cgi-bin/gettoken", **asked).json()["access_token"] for _ in range(2)}
    assert len(tokens) == 1
    assert desk.get("/cgi-bin/gettoken", **{**asked, "corpsecret": "x"}).json()["errcode"] == 40091
    phone, token = desk.phone(userid="ZhouMin"), tokens.pop()
    message = {"agentid": 1000002, "msgtype": "text", "text": {"content": "水渠堵了"}, "enable_duplicate_check": 1}
    send = [
        desk.post("/cgi-bin/message/send", {**message, "touser": who}, access_token=token).json()
        for who in ("ZhouMin|Nobody", "ZhouMin|Nobody", "Nobody")
    ]
    assert [one["errcode"] for one in send] == [0, 0, 81013]
    assert send[0]["invaliduser"] == "nobody"
    assert len(desk.screen(phone, "wecom")) == 1


def test_what_may_be_told_is_asked_in_a_browser_and_leads_back_with_the_answer(desk: Desk) -> None:
    phone, back = desk.phone(), f"{desk.url}/back"
    question = {"templates": "once", "redirect_uri": back}
    asked = desk.get("/connect/subscribe", **question)
    assert asked.status_code == 200
    assert "事情有回音" in asked.text
    assert asked.text.count("王桂兰：") == 2, "both answers"
    assert desk.subscribe_send(phone)["errcode"] == 43101
    for answer in ("reject", "accept"):
        led = desk.get("/connect/subscribe", **question, phone=phone["openid"], answer=answer)
        assert led.url == f"{back}?subscribed={answer}"
    assert [desk.subscribe_send(phone)["errcode"] for _ in range(2)] == [0, 43101]


def test_a_question_that_wechat_would_not_ask_leads_nowhere(desk: Desk) -> None:
    tapped = {"phone": desk.phone()["openid"], "answer": "accept", "redirect_uri": f"{desk.url}/back"}
    for templates in ("oa", "unknown", "once,always", ""):
        assert desk.get("/connect/subscribe", templates=templates, **tapped).status_code == 400
    elsewhere = {**tapped, "redirect_uri": "https://example.com/"}
    assert desk.get("/connect/subscribe", templates="once", **elsewhere).status_code == 400
