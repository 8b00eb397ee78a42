"""Face 1: JSON for the mini-program, one module per subject in villagers' words."""

from __future__ import annotations

from app.web.routes import Faces


def faces() -> Faces:
    """Every subject, to be mounted under /api/v1; the page behind a door code, and the client in a browser."""
    from miniprogram_api import (
        appraisal_kinds,
        appraisals,
        ballots,
        bindings,
        broadcasts,
        case_lists,
        cases,
        client,
        codes,
        comments,
        duties,
        feed,
        home,
        inbox,
        landing,
        me,
        media,
        moderation,
        neighbours,
        numbers,
        panels,
        people,
        points,
        proxies,
        session,
        sync,
        visits,
        zone,
    )

    subjects = (
        *(session, me, home, bindings, people, codes, zone, visits),
        *(cases, case_lists, sync, appraisal_kinds, neighbours, appraisals, panels, ballots),
        *(duties, feed, comments, moderation, points, media, inbox, broadcasts, proxies, numbers),
    )
    return (*(subject.api for subject in subjects), landing.landing, client.client)
