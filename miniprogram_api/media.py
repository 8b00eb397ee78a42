"""Files: send a picture or a recording, whole or in parts, and look at those that one may see."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import Response, request
from pydantic import Field
from sqlalchemy.orm import Session

from app.domains.appraisals import queries as appraisals
from app.domains.cases import queries as cases
from app.domains.media import actions as media
from app.domains.media import errors, queries, rules
from app.domains.media.models import File
from app.domains.media.ports import Storage
from app.domains.visits import queries as visits
from app.kernel.errors import Invalid, Refusal
from app.kernel.transaction import reading
from app.web.answers import answer, once
from app.web.forms import Form, Shape
from app.web.routes import ACTS_FOR, actor, blueprint, needs, public, runtime
from miniprogram_api import parts

api = blueprint("media", "照片和录音")

# Whoever acts for another sees of hers what was left to him, so the permission itself is asked for too.
_OTHERS_MAY = (
    (("visits.read", "feed.read"), visits.may_see_file),
    (("cases.read",), cases.may_see_file),
    (("appraisals.read", "appraisals.vote"), appraisals.may_see_file),
)
_MOST_BYTES = 11 * 1024 * 1024
_JPEG = "image/jpeg"
_FILE: dict[str, Any] = {"type": "string", "format": "binary"}
_FORM = {"type": "object", "properties": {"file": _FILE}, "required": ["file"]}
_BODY = {  # read as it comes, so it is described by hand
    "description": "文件本身，或者表单里名为 file 的一项",
    "content": {"application/octet-stream": {"schema": _FILE}, "multipart/form-data": {"schema": _FORM}},
    "required": True,
}


class Size(StrEnum):
    """How large a picture is wanted."""

    full = "full"
    thumb = "thumb"


class UploadQuery(Form):
    """The id that the phone made, and what the file is."""

    id: UUID
    kind: rules.FileKind = rules.FileKind.picture
    offset: int | None = Field(default=None, ge=0, lt=_MOST_BYTES, description="分段传时，这一段从第几个字节开始")
    size: int | None = Field(default=None, ge=1, lt=_MOST_BYTES, description="分段传时，整个文件有多少字节")


class FilePath(Form):
    """Which file."""

    file_id: UUID


class SizeQuery(Form):
    """How large."""

    size: Size = Size.full


class TokenPath(Form):
    """The token that the content checker was given."""

    token: str = Field(min_length=32, max_length=32, pattern=r"^[0-9A-Za-z]+$")


class Content(Form):
    """What makes two uploads the same."""

    id: UUID
    kind: rules.FileKind
    sha256: str


class FileShape(Shape):
    """A file that was received; a picture is ready once it has been drawn anew."""

    id: UUID
    kind: rules.FileKind
    state: rules.FileState


class PartShape(Shape):
    """How far a file is that comes in parts."""

    received: int = Field(description="已经收到多少字节，下一段从这里传起；全到了再传一段空的，就收齐")
    state: rules.FileState | None = Field(description="整个文件收下了才有")


@api.post(
    "/media",
    summary="传一张照片或一段录音",
    responses={201: FileShape, 202: PartShape},
    openapi_extensions={"requestBody": _BODY},
)
@needs("media.write", up_to=_MOST_BYTES)
def upload(query: UploadQuery) -> Response:
    """The bytes as the body, or as the part `file` of a form; the same id with the same bytes again gives the same answer.

    With `offset` and `size` it is one part of them: what has come is kept for some days, and 202 says how far it is.
    """
    raw = _bytes()
    if query.offset is None or query.size is None:
        return _whole(query, raw)
    arrived = parts.how_far(query.id)
    if arrived.state is not None:
        return answer(FileShape(id=query.id, kind=query.kind, state=arrived.state), status=201)
    new = parts.Piece(query.id, query.kind, query.offset, query.size, raw)
    received = parts.take(new, arrived.received)
    if received < query.size:
        return answer(PartShape(received=received, state=None), status=202)
    return _joined(query, query.size)


@api.get("/media/<file_id>/part", summary="这个文件传到哪儿了", responses={200: PartShape})
@needs("media.write")
def how_far(path: FilePath) -> Response:
    """For whoever is sending it; of a file that nobody has begun, or another person, nothing has come."""
    far = parts.how_far(path.file_id)
    return answer(PartShape(received=far.received, state=far.state))


def _joined(query: UploadQuery, size: int) -> Response:
    """All is here: one file is made of it. What is refused for good is forgotten, so that it may be sent anew."""
    raw = parts.joined(query.id)
    if raw is None or len(raw) != size:
        arrived = parts.how_far(query.id)  # another request may have joined them meanwhile
        if arrived.state is None:
            parts.forget(query.id)
            raise errors.PartDoesNotFit(field="size")
        return answer(FileShape(id=query.id, kind=query.kind, state=arrived.state), status=201)
    try:
        done = _whole(query, raw)
    except Invalid:
        parts.forget(query.id)
        raise
    parts.forget(query.id)
    return done


def _whole(query: UploadQuery, raw: bytes) -> Response:
    _check(raw, query.kind)
    digest = hashlib.sha256(raw)
    new = media.NewFile(
        query.id, query.kind, _name(query, digest.hexdigest()), byte_count=len(raw), sha256=digest.digest()
    )
    content = Content(id=query.id, kind=query.kind, sha256=digest.hexdigest())
    storage = runtime().port(Storage)
    storage.put(new.storage_name, raw)
    try:
        return once(
            query.id,
            content,
            lambda tx: FileShape(id=query.id, kind=query.kind, state=media.receive_file(tx, new)),
            now=lambda db: _standing(db, query.id),
        )
    except Refusal:
        storage.delete(new.storage_name)
        raise


def _standing(db: Session, file_id: UUID) -> FileShape | None:
    file = queries.file_of(db, file_id)
    if file is None:
        return None
    return FileShape(id=file.id, kind=rules.FileKind(file.kind), state=rules.FileState(file.state))


@api.get("/media/<file_id>", summary="看一张照片、听一段录音", responses={200: {"content": {_JPEG: {}}}})
@needs("media.read")
def download(path: FilePath, query: SizeQuery) -> Response:
    """For its owner, and for those who may see the visit or the appraisal that it belongs to, or where it is shown."""
    here = runtime()
    with reading(here) as db:
        file = queries.file_of(db, path.file_id)
        if file is None or not (_is_own(file) or _belongs_to_what_is_seen(db, path.file_id)):
            raise errors.FileNotFound
    if file.state != rules.FileState.ready:
        raise errors.FileNotFound
    name = file.thumbnail_name if query.size is Size.thumb and file.thumbnail_name else file.storage_name
    return _served(name)


@api.get("/media/fetch/<token>", summary="内容检查取图", responses={200: {"content": {_JPEG: {}}}})
@public
def fetch(path: TokenPath) -> Response:
    """For the content checker: unguessable, and gone as soon as the check is decided."""
    with reading(runtime()) as db:
        file = queries.file_to_fetch(db, path.token)
    if file is None:
        raise errors.FileNotFound
    return _served(file.storage_name)


def _is_own(file: File) -> bool:
    """What somebody has sent himself; what he has sent for another is hers, and his to see only while he acts for her."""
    who = actor()
    return file.account_id == who.account_id and file.owner_id in {who.person_id, None}


def _belongs_to_what_is_seen(db: Session, file_id: UUID) -> bool:
    who = actor()
    ways = [may_see for permissions, may_see in _OTHERS_MAY if any(who.holds(one) for one in permissions)]
    return any(may_see(db, who, file_id) for may_see in ways)


def _name(query: UploadQuery, digest: str) -> str:
    """Equal for equal uploads of one account, and for nothing else: so a refused one can be forgotten."""
    drawer = "voice" if query.kind is rules.FileKind.voice else "raw"
    account_id = actor().account_id
    whose = account_id.hex if account_id else "nobody"
    return f"{drawer}/{query.id.hex}-{whose[-12:]}-{digest[:16]}"


def _bytes() -> bytes:
    part = request.files.get("file")
    return part.read() if part is not None else request.get_data(cache=False)


def _check(raw: bytes, kind: rules.FileKind) -> None:
    if not raw:
        raise errors.EmptyFile(field="file")
    if len(raw) > runtime().presets["media"].most_bytes(kind):
        raise errors.FileTooLarge(field="file")
    if kind is rules.FileKind.voice and rules.voice_type(raw) is None:
        raise errors.NotARecording(field="file")


def _served(name: str) -> Response:
    content = runtime().port(Storage).get(name)
    if content is None:
        raise errors.FileNotFound
    voice = rules.voice_type(content)
    response = Response(content, mimetype=voice or _JPEG)
    response.headers["Cache-Control"] = "private, max-age=86400" if actor().through_id is None else "no-store"
    response.vary.add(ACTS_FOR)
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.set_etag(hashlib.sha256(content).hexdigest()[:24])
    response.make_conditional(request)
    return response
