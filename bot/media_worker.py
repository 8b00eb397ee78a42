"""Pictures are drawn anew and content is checked here, away from the web: taken with a lease, asked with no transaction open."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from app.domains.identity import queries as identity
from app.domains.media import actions as media
from app.domains.media.ports import (
    CleanPicture,
    ContentChecker,
    PictureCleaner,
    PictureRefusal,
    Scene,
    Storage,
    Verdict,
)
from app.kernel.access import SYSTEM
from app.kernel.runtime import Runtime
from app.kernel.transaction import reading, transaction

_PICTURES = 4
_CHECKS = 32
_ASKERS = 8
_FETCH = "/api/v1/media/fetch/"


def work_once(runtime: Runtime) -> int:
    """Clean some pictures and ask about some texts and pictures; answers how many got further, 0 when it may rest."""
    return clean_pictures(runtime) + check_content(runtime)


def clean_pictures(runtime: Runtime) -> int:
    """Draw waiting pictures anew, one after the other: each takes a process of its own."""
    with transaction(runtime, SYSTEM) as tx:
        taken = media.take_files(tx, limit=_PICTURES)
    return sum(_clean(runtime, file) for file in taken)


def _clean(runtime: Runtime, file: media.TakenFile) -> int:
    storage = runtime.port(Storage)
    raw = storage.get(file.storage_name)
    drawn = PictureRefusal.BROKEN if raw is None else runtime.port(PictureCleaner).clean(raw)
    if isinstance(drawn, PictureRefusal):
        with transaction(runtime, SYSTEM) as tx:
            was_mine = media.refuse_file(tx, file, drawn)
    else:
        was_mine = _keep(runtime, file, drawn)
    if was_mine:
        storage.delete(file.storage_name)
    return int(was_mine)


def _keep(runtime: Runtime, file: media.TakenFile, drawn: CleanPicture) -> bool:
    """The new bytes first, then the row, then the old bytes go: a crash in between leaves a file too many, never one too few."""
    storage = runtime.port(Storage)
    name, thumbnail = (f"{drawer}/{file.id.hex}-{file.attempt}.jpg" for drawer in ("clean", "thumb"))
    storage.put(name, drawn.content)
    storage.put(thumbnail, drawn.thumbnail)
    kept = media.Drawn(name, thumbnail, width=drawn.width, height=drawn.height, look=drawn.look)
    with transaction(runtime, SYSTEM) as tx:
        was_mine = media.keep_clean(tx, file, kept)
    if not was_mine:
        storage.delete(name)
        storage.delete(thumbnail)
    return was_mine


def check_content(runtime: Runtime) -> int:
    """Ask about what waits to be shown; when the checker is away, all of it keeps waiting and nothing is shown."""
    with transaction(runtime, SYSTEM) as tx:
        taken = media.take_checks(tx, limit=_CHECKS)
    if not taken:
        return 0
    openids = _openids(runtime, taken)
    with ThreadPoolExecutor(_ASKERS) as askers:
        answers = list(askers.map(lambda check: _ask(runtime, check, openids[check.id]), taken))
    return sum(_record(runtime, check, said) for check, said in zip(taken, answers, strict=True))


def _openids(runtime: Runtime, taken: Sequence[media.TakenCheck]) -> dict[object, str | None]:
    with reading(runtime) as db:
        return {check.id: identity.openid_of(db, runtime.vault, check.account_id) for check in taken}


def _ask(runtime: Runtime, check: media.TakenCheck, openid: str | None) -> Verdict | str:
    """A person must look when there is no WeChat account to ask for."""
    if openid is None:
        return Verdict.REVIEW
    checker = runtime.port(ContentChecker)
    if check.text is not None:
        return checker.check_text(openid, check.text, Scene.JOURNAL)
    url = f"{runtime.settings.web.public_url}{_FETCH}{check.fetch_token}"
    return checker.request_media_check(openid, url, Scene.JOURNAL)


def _record(runtime: Runtime, check: media.TakenCheck, said: Verdict | str) -> int:
    with transaction(runtime, SYSTEM) as tx:
        return int(media.record_answer(tx, check, said))
