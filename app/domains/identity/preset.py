"""The preset files of identity: what each role may do and whom it may appoint, the texts people agree to, what may be left to others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from app.kernel.presets import FOLDER, Preset, load, load_folder

_PERMISSION = re.compile(r"[a-z_]+\.[a-z_]+(@zone|@own)?")
VILLAGER = "villager"
GUEST = "guest"


def _checked(permission: str) -> str:
    if not _PERMISSION.fullmatch(permission):
        raise ValueError(f"权限 {permission} 写法不对：要 things.verb，后面只能跟 @zone 或 @own")
    return permission


def _plain(permission: str) -> str:
    if "@" in _checked(permission):
        raise ValueError(f"权限 {permission} 不写 @：委托只管那一户")
    return permission


class Role(Preset):
    """A role: its Chinese name, what it may do, and which roles its holder may give to others in his area."""

    name: str
    permissions: frozenset[Annotated[str, AfterValidator(_checked)]]
    may_grant: frozenset[str] = frozenset()


class Roles(Preset):
    """All roles by their names; a role can only appoint to roles that exist."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Role]

    @model_validator(mode="after")
    def _complete(self) -> Roles:
        roles = self.__pydantic_extra__
        asked = {VILLAGER, GUEST}.union(*(role.may_grant for role in roles.values()))
        if missing := asked - set(roles):
            raise ValueError(f"缺少角色 {'、'.join(sorted(missing))}")
        return self


class Power(Preset):
    """One thing that may be left to somebody else: what it is called, and which permissions over the own household it is."""

    name: str
    permissions: frozenset[Annotated[str, AfterValidator(_plain)]] = Field(min_length=1)


class Proxies(Preset):
    """What may be left to others, and for how long."""

    most_days: int = Field(ge=1, le=3660)
    most_held: int = Field(ge=1, le=1000)
    adult_age: int = Field(ge=0, le=30)
    powers: dict[str, Power] = Field(min_length=1)

    def permissions(self, powers: Iterable[str]) -> frozenset[str]:
        """What somebody with these powers may do for the household of whom he acts for, and nothing else."""
        known = (self.powers[one].permissions for one in powers if one in self.powers)
        return frozenset(f"{permission}@own" for each in known for permission in each)


class ConsentText(Preset):
    """One text that people agree to or not: for which purpose, in which version, and whether the service needs it."""

    title: str
    version: str
    is_needed: bool
    text: str


def load_roles() -> dict[str, Role]:
    """Every role by its name."""
    return dict(load(Roles, FOLDER / "roles.toml").__pydantic_extra__)


def load_consents() -> dict[str, ConsentText]:
    """The text in force for each purpose, in the order of the file names."""
    return load_folder(ConsentText, "consents")


def load_all() -> dict[str, Any]:
    """Every preset of identity by its name."""
    return {"roles": load_roles(), "consents": load_consents(), "proxies": load(Proxies, FOLDER / "proxies.toml")}
