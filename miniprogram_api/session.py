"""Signing in and out: with a WeChat code on the phone, with a password and a second factor at the desk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import Response, request
from pydantic import Field

from app.domains.identity import actions as identity
from app.domains.identity import errors, rules
from app.domains.identity import queries as identities
from app.domains.identity.actions import passwords
from app.domains.identity.ports import SessionProvider
from app.kernel.access import ANONYMOUS
from app.kernel.transaction import reading, transaction
from app.web.answers import answer, write
from app.web.errors import SignInNeeded
from app.web.forms import Form, Shape
from app.web.routes import actor, bearer, blueprint, public, runtime, signed_in

api = blueprint("session", "登录")


class CodeForm(Form):
    """The code that `wx.login` gave to the phone."""

    code: str = Field(min_length=1, max_length=128, description="wx.login 的 code，只能用一次，五分钟内有效")


class StaffForm(Form):
    """What a member of staff types."""

    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256, repr=False)
    totp: str = Field(pattern=r"^[0-9]{6}$", repr=False, description="验证器上的六位动态码")


class PasswordForm(Form):
    """A member of staff's old and new password."""

    old: str = Field(min_length=1, max_length=256, repr=False)
    new: str = Field(min_length=1, max_length=256, repr=False)


class SessionShape(Shape):
    """A session: the token is told this once."""

    token: str
    expires_at: datetime


class DoneShape(Shape):
    """It is done; there is nothing more to say."""

    done: bool = True


@api.post("/session", summary="用微信登录", responses={201: SessionShape})
@public
def sign_in(body: CodeForm) -> Response:
    """Exchange the code outside of any transaction, then open a session."""
    here = runtime()
    with transaction(here, ANONYMOUS) as tx:
        identity.admit_code(tx, body.code, address=_address())
    found = here.port(SessionProvider).exchange(body.code)
    return write(lambda tx: _shape(identity.sign_in(tx, found)), status=201)


@api.post("/session/staff", summary="工作人员登录", responses={201: SessionShape})
@public
def sign_in_staff(body: StaffForm) -> Response:
    """Count the try, look at the second factor, then at the password (outside of any transaction), then open a session."""
    here = runtime()
    with transaction(here, ANONYMOUS) as tx:
        identity.admit_staff(tx, body.username, address=_address())
    with reading(here) as db:
        secrets = identities.staff_named(db, here.vault, body.username)
    with transaction(here, ANONYMOUS) as tx:
        step = identity.proven_step(tx, secrets, body.totp)
    if not passwords.fits(secrets.password_hash, body.password):
        raise errors.WrongSignIn
    return write(lambda tx: _shape(identity.sign_in_staff(tx, secrets, step=step, address=_address())), status=201)


@api.post("/session/staff/password", summary="改密码", responses={200: DoneShape})
@signed_in
def change_password(body: PasswordForm) -> Response:
    """Compare and hash outside of any transaction; afterwards every device signs in again."""
    here = runtime()
    with reading(here) as db:
        secrets = identities.staff_of(db, here.vault, actor().account_id)
    if body.old == body.new or not rules.is_strong(body.new, username=secrets.username):
        raise errors.WeakPassword(field="new")
    with transaction(here, actor()) as tx:
        identity.admit_password_change(tx)
    if not passwords.fits(secrets.password_hash, body.old):
        raise errors.WrongSignIn
    fresh = passwords.hashed(body.new)
    with transaction(here, actor()) as tx:
        identity.change_password(tx, secrets, password_hash=fresh)
    return answer(DoneShape())


@api.post("/session/renew", summary="续七天", responses={201: SessionShape})
@signed_in
def renew() -> Response:
    """A fresh token; the old one ends at once."""
    return write(lambda tx: _shape(identity.renew(tx, _token())), status=201)


@api.delete("/session", summary="在这台手机上退出", responses={200: DoneShape})
@signed_in
def sign_out() -> Response:
    """End the session of this phone."""
    with transaction(runtime(), actor()) as tx:
        identity.end_session(tx, _token())
    return answer(DoneShape())


@api.delete("/session/all", summary="在所有手机上退出", responses={200: DoneShape})
@signed_in
def sign_out_everywhere() -> Response:
    """End every session of this account."""
    with transaction(runtime(), actor()) as tx:
        identity.end_all(tx, _account())
    return answer(DoneShape())


def _shape(opened: identity.Opened) -> SessionShape:
    return SessionShape(token=opened.token, expires_at=opened.expires_at)


def _account() -> UUID:
    account_id = actor().account_id
    if account_id is None:
        raise SignInNeeded
    return account_id


def _token() -> str:
    return bearer() or ""


def _address() -> str:
    return request.remote_addr or "-"
