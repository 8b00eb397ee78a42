"""What sign-in asks of WeChat: who holds this code, and which phone number did they agree to show.

A refusal is a value, not an exception, so that every caller has to say what the person sees then.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class CodeRefusal(StrEnum):
    """Why a one-time code was not exchanged."""

    BAD_CODE = "bad_code"  # invalid or older than five minutes: ask the phone for a new one
    USED_CODE = "used_code"  # a code works once: ask the phone for a new one
    HIGH_RISK = "high_risk"  # WeChat blocks this person's sign-in: refuse kindly, offer the station
    TOO_OFTEN = "too_often"  # this person tried too often: wait a minute
    BUSY = "busy"  # WeChat does not answer: try again
    MISCONFIGURED = "misconfigured"  # our keys or rights are wrong: the administrator must act


@dataclass(frozen=True, slots=True)
class WeChatIdentity:
    """Who WeChat says this is; the union id is there when the accounts are bound together."""

    openid: str = field(repr=False)
    unionid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A number its owner agreed to show, without the country code."""

    number: str = field(repr=False)
    country_code: str = "86"


class SessionProvider(Protocol):
    """Turns the code of `wx.login` into an identity."""

    def exchange(self, code: str) -> WeChatIdentity | CodeRefusal:
        """The person behind the code, or why there is none; the session key is dropped."""


class PhoneProvider(Protocol):
    """Turns the code of the phone-number button into the number."""

    def number(self, code: str) -> PhoneNumber | CodeRefusal:
        """The number behind the code, or why there is none."""
