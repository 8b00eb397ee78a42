"""Every way in which the house refuses: phones know these codes, so changing one is a change of the contract.

A new refusal gets a line in CODES; a line is only taken out when no phone out there can know it any more.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import app
import bot
import miniprogram_api
from app.kernel.errors import Refusal
from app.web import errors, health
from app.web.errors import status_of

CODES = """
appraisals.already_moved 409
appraisals.already_objected 409
appraisals.already_this_period 409
appraisals.day_not_accepted 422
appraisals.household_not_found 404
appraisals.item_unknown 422
appraisals.judges_do_not_object 409
appraisals.kind_unknown 422
appraisals.looked_in_today 409
appraisals.not_found 404
appraisals.not_nominated 403
appraisals.not_of_household 422
appraisals.not_open_for_objections 409
appraisals.own_household 403
appraisals.photo_needed 422
appraisals.points_outside 422
appraisals.reason_unknown 422
appraisals.seat_over 409
appraisals.too_late_to_decline 409
appraisals.too_late_to_withdraw 409
appraisals.way_not_open 403
appraisals.words_needed 422
areas.already_deputised 409
areas.area_not_found 404
areas.bad_file 422
areas.bad_period 422
areas.batch_already_undone 409
areas.batch_not_found 404
areas.code_not_found 404
areas.deputy_not_found 404
areas.duplicate_not_found 404
areas.grid_without_name 422
areas.household_not_found 404
areas.link_not_found 404
areas.not_your_link 403
areas.nothing_to_hand_over 409
areas.person_not_found 404
areas.same_person 422
areas.still_keeps_households 409
areas.who_is_head_now 422
bad_cursor 422
cases.kind_not_found 404
cases.may_not_extend 409
cases.may_not_open 403
cases.moved_on 409
cases.need_missing 409
cases.no_place 422
cases.no_such_move 422
cases.nobody_there 409
cases.not_found 404
cases.not_the_same 409
cases.nothing_to_urge 409
cases.not_your_move 403
cases.own_hand 403
cases.own_word 403
cases.taken 409
cases.urged_lately 409
cases.wrong_form 422
conflict 409
duties.already_done 409
duties.not_found 404
duties.unknown_excuse 422
duties.unknown_kind 404
forbidden 403
identity.already_bound 409
identity.already_granted 409
identity.bad_code 422
identity.bad_period 422
identity.bad_username 422
identity.binding_not_found 404
identity.cannot_renew 403
identity.confirm_closing 422
identity.consent_text_changed 409
identity.door_and_name_differ 404
identity.grant_not_found 404
identity.helps_enough 409
identity.high_risk 403
identity.may_not_appoint 403
identity.name_does_not_fit 404
identity.nobody_by_that_name 422
identity.nobody_with_this_phone 404
identity.not_bound 404
identity.not_for_staff_accounts 403
identity.not_for_yourself 403
identity.not_staff 403
identity.only_adults 403
identity.proxy_not_found 404
identity.proxy_not_possible 422
identity.proxy_period 422
identity.proxy_too_young 422
identity.slip_unknown 404
identity.staff_not_found 404
identity.ticket_over 409
identity.too_many_tries 429
identity.unknown_purpose 404
identity.unknown_role 422
identity.used_code 409
identity.username_taken 409
identity.weak_password 422
identity.wechat_away 429
identity.wechat_misconfigured 409
identity.wechat_too_often 429
identity.wrong_sign_in 403
invalid 422
media.empty 422
media.not_a_recording 422
media.not_found 404
media.part_does_not_fit 422
media.part_gap 409
media.quota_reached 429
media.too_large 422
members.already_member 409
members.branch_exists 409
members.branch_not_found 404
members.not_found 404
not_found 404
notices.broadcast_not_found 404
notices.broadcast_too_long 422
notices.message_not_found 404
notices.no_account 403
notices.nobody_to_tell 422
notices.not_retriable 422
notices.not_sent_yet 409
notices.not_your_words 403
notices.reminded_today 409
notices.sent_already 409
notices.told_enough 429
points.already_reversed 409
points.another_transfer 409
points.no_account 404
points.not_enough 409
points.not_found 404
points.not_reversible 422
preset.unknown_version 409
same_id_other_content 422
sign_in_needed 401
sync.not_stored 409
sync.too_many_items 422
sync.unreadable 422
sync.waited_too_long 409
too_many 429
visits.comment_is_risky 409
visits.comment_not_found 404
visits.comment_taken_back 409
visits.comment_too_long 422
visits.door_unknown 422
visits.in_future 422
visits.not_found 404
visits.not_yours 403
visits.pictures_need_consent 422
visits.post_is_risky 409
visits.post_not_found 404
visits.too_late_to_correct 409
visits.too_old 422
visits.unknown_reason 422
visits.wrong_door 409
"""


def product() -> Iterator[type[Refusal]]:
    """Every refusal of the product, after all of its modules have been read."""
    for package in (app, bot, miniprogram_api):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
    yield from sorted(_below(Refusal), key=lambda kind: (kind.code, kind.__qualname__))


def _below(kind: type[Refusal]) -> set[type[Refusal]]:
    return {found for narrower in kind.__subclasses__() for found in (narrower, *_below(narrower)) if _is_ours(found)}


def _is_ours(kind: type[Refusal]) -> bool:
    return kind.__module__.split(".", maxsplit=1)[0] in {"app", "bot", "miniprogram_api"}


def listed() -> dict[str, int]:
    """The codes and their status, as phones know them."""
    lines = (line.split() for line in CODES.split("\n") if line)
    return {code: int(status) for code, status in lines}


def test_all_codes_are_listed_with_their_status() -> None:
    assert {kind.code: status_of(kind()) for kind in product()} == listed()


def test_a_code_belongs_to_one_refusal() -> None:
    kinds = list(product())
    assert sorted({kind.code for kind in kinds}) == sorted(kind.code for kind in kinds)


def test_a_code_says_its_subject_and_the_fact() -> None:
    assert [code for code in listed() if not re.fullmatch(r"[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?", code)] == []


def test_every_sentence_is_simple_chinese_that_ends() -> None:
    sentences = {kind.code: kind.sentence for kind in product()}
    assert [code for code, says in sentences.items() if not re.search(r"[。”]$", says)] == []
    assert [code for code, says in sentences.items() if not 6 <= len(says) <= 80] == []
    blaming = re.compile(r"错误|非法|失败|无效|异常|请求|参数|系统")  # words of a machine
    assert [f"{code}: {says}" for code, says in sentences.items() if blaming.search(says)] == []


# Codes that no refusal of a domain stands behind: what HTTP itself, a missing database or a mistake of ours is called.
PLAIN_CODES = {"unreadable", "not_found", "too_large", "invalid", "try_again", "our_fault", "not_ready"}


def test_codes_that_the_web_gives_by_itself_are_listed_too() -> None:
    written = (Path(file).read_text(encoding="utf-8") for file in (errors.__file__, health.__file__))
    literal = {code for text in written for code in re.findall(r'problem\(\s*\d{3},\s*"(\w+)"', text)}
    assert literal | {code for code, _ in errors._HTTP_SENTENCES.values()} == PLAIN_CODES
