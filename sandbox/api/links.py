"""Codes and links that lead somewhere: mini-program codes, URL links and schemes, the account's codes."""

from __future__ import annotations

import re
import secrets
from functools import lru_cache
from io import BytesIO
from typing import Any
from urllib.parse import quote

import qrcode

from sandbox.answers import Refusal
from sandbox.api.calls import Call
from sandbox.wire import Answer
from sandbox.world import World

SCENE = re.compile(r"[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}")
CODES_PER_MINUTE = 5000
LINKS_PER_DAY = 500_000
LONGEST_LINK_DAYS = 30
LONGEST_TICKET_SECONDS = 2_592_000
MOST_LASTING = 100_000
DEFAULT_TICKET_SECONDS = 60
TEMPORARY = frozenset({"QR_SCENE", "QR_STR_SCENE"})
LASTING = frozenset({"QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"})
VERSIONS = frozenset({"release", "trial", "develop"})


def mini_program_code(world: World, call: Call) -> Answer:
    """POST /wxa/getwxacodeunlimit: a picture. Ours is a plain QR code, so that any reader gets page and scene back."""
    asked = call.json
    scene, page = asked.get("scene"), str(asked.get("page") or "")
    if not isinstance(scene, str) or not SCENE.fullmatch(scene):
        raise Refusal(40169)
    if page and (
        page.startswith("/") or "?" in page or (asked.get("check_path", True) and not world.page_exists(page))
    ):
        raise Refusal(41030)
    width = asked.get("width", 430)
    if not isinstance(width, int) or not 280 <= width <= 1280 or asked.get("env_version", "release") not in VERSIONS:
        raise Refusal(40097)
    name = f"{call.appid}{call.request.path}"
    world.quotas.use(name, world.clock.now(), per_minute=CODES_PER_MINUTE, minute_code=45009)
    opened = f"{page or 'pages/index/index'}?scene={quote(scene, safe='')}"
    base = world.link_of(opened)
    text = base if base != opened else f"weixin://sandbox/{opened}"
    return Answer(draw(text, width), content_type="image/png")


def url_link(world: World, call: Call) -> dict[str, Any]:
    """POST /wxa/generate_urllink: an address that opens the mini-program from an SMS or a browser."""
    path, asked = call.json.get("path", ""), call.json
    _check_link(world, call, (str(path), asked.get("expire_type", 1), asked.get("expire_interval", 30)))
    link = f"https://wxaurl.cn/{secrets.token_urlsafe(8)}"
    world.memory.links[link] = _opened(str(path), str(asked.get("query") or ""))
    return {"errcode": 0, "errmsg": "ok", "url_link": link}


def scheme(world: World, call: Call) -> dict[str, Any]:
    """POST /wxa/generatescheme: the same as a weixin:// address."""
    target = call.json.get("jump_wxa")
    target = target if isinstance(target, dict) else {}
    path = str(target.get("path") or "")
    _check_link(world, call, (path, call.json.get("expire_type", 1), call.json.get("expire_interval", 30)))
    link = f"weixin://dl/business/?t={secrets.token_urlsafe(8)}"
    world.memory.links[link] = _opened(path, str(target.get("query") or ""))
    return {"errcode": 0, "errmsg": "ok", "openlink": link}


def account_code(world: World, call: Call) -> dict[str, Any]:
    """POST /cgi-bin/qrcode/create: a ticket for the account's code with a scene."""
    asked = call.json
    kind, scene = str(asked.get("action_name")), _scene_of(asked)
    seconds = asked.get("expire_seconds", DEFAULT_TICKET_SECONDS)
    if kind in TEMPORARY and not (isinstance(seconds, int) and 0 < seconds <= LONGEST_TICKET_SECONDS):
        raise Refusal(40053)
    ticket, url = f"gQ{secrets.token_urlsafe(66)}", f"https://weixin.qq.com/q/{secrets.token_urlsafe(18)}"
    world.memory.tickets[url] = world.memory.tickets[ticket] = scene
    world.memory.links[ticket] = url
    told = {"ticket": ticket, "url": url}
    return {**told, "expire_seconds": seconds} if kind in TEMPORARY else told


def show_code(world: World, call: Call) -> Answer:
    """GET /cgi-bin/showqrcode: the picture behind a ticket; 404 when there is none."""
    url = world.memory.links.get(call.args.get("ticket", ""))
    return Answer(draw(url, 430), content_type="image/png") if url else Answer(b"", 404, "text/html")


@lru_cache(maxsize=256)
def draw(text: str, width: int) -> bytes:
    """A QR code as PNG, about so many pixels wide; the mask is fixed because searching the best one costs the most."""
    code = qrcode.QRCode(border=4, mask_pattern=3, error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text)
    code.make(fit=True)
    code.box_size = max(1, width // (code.modules_count + 8))
    picture = BytesIO()
    code.make_image().save(picture, "PNG")
    return picture.getvalue()


def _check_link(world: World, call: Call, asked: tuple[str, object, object]) -> None:
    path, expire_type, days = asked
    if path and (path.startswith("http") or "?" in path or not world.page_exists(path)):
        raise Refusal(40165)
    if expire_type == 1 and not (isinstance(days, int) and 1 <= days <= LONGEST_LINK_DAYS):
        raise Refusal(85401)
    world.quotas.use(f"{call.appid}/links", world.clock.now(), per_day=LINKS_PER_DAY)


def _opened(path: str, query: str) -> str:
    return f"{path.removeprefix('/')}?{query}" if query else path.removeprefix("/")


def _scene_of(asked: dict[str, Any]) -> str:
    kind = asked.get("action_name")
    action = asked.get("action_info")
    inside = action.get("scene") if isinstance(action, dict) else None
    scene = inside if isinstance(inside, dict) else {}
    if kind not in TEMPORARY | LASTING:
        raise Refusal(40053)
    if "STR" in str(kind):
        text = scene.get("scene_str")
        if not isinstance(text, str) or not 1 <= len(text) <= 64:
            raise Refusal(40053)
        return text
    number, most = scene.get("scene_id"), MOST_LASTING if kind in LASTING else 2**32 - 1
    if not isinstance(number, int) or not 1 <= number <= most:
        raise Refusal(40053)
    return str(number)
