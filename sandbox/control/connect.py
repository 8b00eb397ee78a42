"""WeChat's pages in a browser: who signs in, whose number is shared, what may be told; then back to where the client wants to know."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from flask import Blueprint, abort, redirect, render_template, request
from werkzeug.wrappers import Response

from sandbox import people
from sandbox.control.asking import the_phone, the_world

routes = Blueprint("connect", __name__, url_prefix="/connect")

KINDS = {"login": ("code", "用哪部手机的微信登录？"), "phone": ("phone_code", "把哪部手机的号码告诉小程序？")}
HERE = ("127.0.0.1", "localhost")


@routes.get("/<kind>")
def come_in(kind: str) -> Response | str:
    """?redirect_uri= says where to return, ?phone= who it is; without it the page asks."""
    back = urlsplit(request.args.get("redirect_uri", ""))
    if kind not in KINDS or back.scheme not in {"http", "https"} or back.hostname not in HERE:
        abort(400, "redirect_uri must be an address on this machine")
    name, question = KINDS[kind]
    world, chosen = the_world(), request.args.get("phone")
    if chosen is None:
        return render_template("connect.html", question=question, phones=_choices(kind))
    with world.lock:
        code = world.new_code(the_phone(chosen), kind)
    return redirect(urlunsplit(back._replace(query=urlencode({name: code}))))


@routes.get("/subscribe")
def subscribe() -> Response | str:
    """?templates= are asked about, ?phone= is whose, ?answer= what he taps; without both the page asks. Back with ?subscribed=."""
    back = urlsplit(request.args.get("redirect_uri", ""))
    if back.scheme not in {"http", "https"} or back.hostname not in HERE:
        abort(400, "redirect_uri must be an address on this machine")
    wanted, answer = request.args.get("templates", "").split(","), request.args.get("answer", "")
    chosen = request.args.get("phone")
    if chosen is None or answer not in people.ANSWERS:
        return render_template("connect.html", question=_asked(wanted), phones=_answers())
    world = the_world()
    with world.lock:
        told = people.answer_subscription(world, the_phone(chosen), dict.fromkeys(wanted, answer))
    if "errCode" in told:
        abort(400, f"WeChat would not ask: {told['errCode']}")
    return redirect(urlunsplit(back._replace(query=urlencode({"subscribed": answer}))))


def _asked(wanted: list[str]) -> str:
    titles = [template.title for one in wanted if (template := the_world().templates.get(one))]
    return f"允许“连心”发这些消息吗：{'、'.join(titles)}"


def _answers() -> list[tuple[str, str, str]]:
    here = f"/connect/subscribe?templates={quote(request.args.get('templates', ''))}&redirect_uri={quote(request.args['redirect_uri'], safe='')}"
    shown = [one for one in the_world().phones if one.shown]
    return [
        (f"{here}&phone={quote(one.openid)}&answer={answer}", f"{one.name or '没起名'}：{word}", one.subtitle)
        for one in shown
        for answer, word in (("accept", "允许"), ("reject", "不允许"))
    ]


def _choices(kind: str) -> list[tuple[str, str, str]]:
    back = quote(request.args["redirect_uri"], safe="")
    shown = [one for one in the_world().phones if one.shown and (kind == "login" or one.number)]
    return [
        (f"/connect/{kind}?phone={quote(one.openid)}&redirect_uri={back}", one.name or "没起名", one.subtitle)
        for one in shown
    ]
