"""The outside world behind the domains' ports, built from settings: WeChat, SMS, files, picture cleaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from app.adapters.pictures import PictureWorkshop
from app.adapters.sms import SmsChannel
from app.adapters.storage import FileStorage
from app.adapters.wechat.callbacks import CallbackApp, Mode, WeChatDoor
from app.adapters.wechat.channels import OfficialTemplateChannel, SubscribeChannel
from app.adapters.wechat.codes import WeChatDoorCodes, WeChatLinks
from app.adapters.wechat.content import WeChatContent
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.signin import WeChatPhones, WeChatSessions
from app.adapters.wechat.support import WeChatFollowers, WeChatReplies
from app.adapters.wechat.tokens import TokenProvider
from app.adapters.wire import Wire
from app.domains.identity.ports import PhoneProvider, SessionProvider
from app.domains.media.ports import ContentChecker, DoorCodePrinter, PictureCleaner, Storage
from app.domains.notices.ports import Channel, Channels, Doors, Followers, LinkMaker, Replies
from app.kernel.clock import Clock
from app.kernel.crypto import Vault
from app.settings import Settings, WeChatApp

_EDITIONS = {"formal": "release", "trial": "trial", "developer": "develop"}


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every WeChat account of this process shares."""

    settings: Settings
    engine: Engine
    vault: Vault
    clock: Clock

    def gateway(self, app: WeChatApp) -> Gateway:
        """The way to WeChat for one account."""
        wire, clock = Wire(self.settings.wechat.base_url), self.clock.now
        tokens = TokenProvider(
            app_id=app.app_id, secret=app.secret, wire=wire, engine=self.engine, cipher=self.vault, clock=clock
        )
        return Gateway(app_id=app.app_id, secret=app.secret, wire=wire, tokens=tokens, clock=clock)


def ports_for(settings: Settings, *, engine: Engine, vault: Vault, clock: Clock) -> Mapping[type[Any], Any]:
    """Every port with the adapter behind it."""
    ground = _Ground(settings, engine, vault, clock)
    mini, official = settings.wechat.mini_program, settings.wechat.official_account
    mp, oa = ground.gateway(mini), ground.gateway(official)
    edition: Any = _EDITIONS[settings.wechat.mini_program_state]
    return {
        SessionProvider: WeChatSessions(mp),
        PhoneProvider: WeChatPhones(mp),
        ContentChecker: WeChatContent(mp),
        DoorCodePrinter: WeChatDoorCodes(mp, edition=edition),
        LinkMaker: WeChatLinks(mp, edition=edition),
        Channels: Channels({channel.name: channel for channel in _channels(ground, mp, oa)}),
        Doors: Doors({"mp": _door("mp", mini), "oa": _door("oa", official)}),
        Replies: WeChatReplies({"mp": mp, "oa": oa}),
        Followers: WeChatFollowers(oa),
        Storage: FileStorage(Path(settings.storage.folder)),
        PictureCleaner: PictureWorkshop(),
    }


def _channels(ground: _Ground, mp: Gateway, oa: Gateway) -> list[Channel]:
    settings = ground.settings
    channels: list[Channel] = [
        SubscribeChannel(mp, miniprogram_state=settings.wechat.mini_program_state),
        OfficialTemplateChannel(oa, mini_program_id=settings.wechat.mini_program.app_id),
    ]
    if settings.sms.url:
        base, _, path = settings.sms.url.partition("://")[2].partition("/")
        scheme = settings.sms.url.partition("://")[0]
        sms = SmsChannel(Wire(f"{scheme}://{base}"), key=settings.sms.key, clock=ground.clock.now, path=f"/{path}")
        channels.append(sms)
    return channels


def _door(name: str, app: WeChatApp) -> WeChatDoor:
    return WeChatDoor(CallbackApp(name, app.app_id, app.token, mode=Mode(app.mode), aes_key=app.aes_key))
