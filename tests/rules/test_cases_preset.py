"""A kind of case is checked when the program starts: a fault names file, key and what is allowed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from app.domains.cases.preset import CaseKind, load_all, read_kind, world
from app.domains.cases.preset.checks import sure_parties
from app.domains.cases.preset.words import DOES, FACTS, FIELD_TYPES, NEEDS, PURPOSES
from app.kernel.presets import FOLDER, BadPreset

ENGINE = Path(__file__).resolve().parents[2] / "app" / "domains" / "cases"


def shipped(name: str) -> str:
    return (FOLDER / "cases" / f"{name}.toml").read_text(encoding="utf-8")


def refusal(before: str, after: str, *, kind: str = "whistle") -> str:
    """What the start says when one piece of a shipped file is another."""
    assert before in shipped(kind)
    with pytest.raises(BadPreset) as refused:
        read_kind(shipped(kind).replace(before, after, 1), name=f"{kind}.toml", around=world())
    return str(refused.value)


def test_the_shipped_kinds_are_right() -> None:
    loaded = load_all()
    assert set(loaded["cases"]) == set(loaded["cases_versions"]) >= {"whistle", "errand"}
    assert len(loaded["cases"]["whistle"].category) == 6


@pytest.mark.parametrize("kind", ["whistle", "errand"])
def test_whoever_is_waited_on_is_surely_there_at_every_open_stage(kind: str) -> None:
    preset: CaseKind = load_all()["cases"][kind]
    there = sure_parties(preset)
    assert all(stage.waits_on in there[name] for name, stage in preset.stage.items() if stage.waits_on)


WRONG = [
    ('name = "吹哨"\n', "", "whistle.toml：name：缺这一项"),
    ("near_days = 14", "neer_days = 14", "whistle.toml：neer_days：没有这一项，可以写 again、alarms"),
    ('waits_on = "owner", clock = "accept"', 'wait_on = "owner"', "stage.received.wait_on：没有这一项，可以写 clock"),
    ("near_days = 14", 'near_days = "many"', "near_days：类型不对，要整数"),
    ('unit = "hours", due', 'unit = "weeks", due', "clock.accept.unit：只能写 'hours'、'working_days'、'calendar_days'"),
    ("urgent = 2, normal = 5", "urgent = 0, normal = 5", "clock.visit.due.urgent：不能小于 1"),
    ("personal = { name", "Personal = { name", "category.Personal：写法不对，要合 ^[a-z]"),
    ("[category]", "[category", "whistle.toml：第 27 行"),
    ('opens_in = "received"', 'opens_in = "recieved"', "opens_in：“recieved”没有定义，可以写 answered"),
    ('opens_in = "received"', 'opens_in = "closed"', "opens_in：不能一开始就是结束的阶段"),
    ('opens_with = "report"', 'opens_with = "tell"', "opens_with：“tell”没有定义"),
    ('open_by = ["villager", "party_member"]', 'open_by = ["mayor"]', "open_by：“mayor”没有定义"),
    ('kind = "whistle"', 'kind = "whistles"', "kind：要和文件名一样，写 whistle"),
    ("{serial}", "", "number：要有 {serial}"),
    ("{town}", "{village}", "number：“village”"),
    ('levels = ["urgent", "normal", "complex"]', 'levels = ["urgent", "normal", "urgent"]', "levels：有重复"),
    ('alarms = ["urgent"]', 'alarms = ["fire"]', "alarms：“fire”没有定义，可以写 complex、normal、urgent"),
    ("again = { urgent = 1, normal = 24, complex = 24 }", "again = { urgent = 1 }", "again：每个级别一个数"),
    ('level = "complex", route = ["clerk@village"] }', 'level = "hard", route = ["clerk@village"] }', "level：“hard”"),
    ('route = ["clerk@village"] }', 'route = ["clerk"] }', "route：“clerk”不是岗位"),
    ('route = ["clerk@village"] }', 'route = ["clerk@zone"] }', "route：“clerk@zone”不是岗位"),
    ('route = ["clerk@village"] }', 'route = ["king@village"] }', "route：没有“king”这个角色"),
    ('route = ["clerk@village"] }', "route = [] }", "category.business.route"),
    ('see = "see_strict"', 'see = "see_all"', "category.order.see"),
    ('without = ["secretary@village"]', 'without = ["secretary"]', "category.order.without"),
    ('fill = "opener"', 'fill = "caller"', "party.reporter.fill：“caller”不认识，可以写 opener、route"),
    ('fill = "route"', 'fill = "opener"', "party：要有一个、也只有一个"),
    ('fill = "field:order.unit"', 'fill = "field:order.basis"', "party.lead.fill：“basis”没有定义，可以写 helpers、unit"),
    ('fill = "draw:rechecker"', 'fill = "draw:dice"', "party.checker.fill：“dice”没有定义"),
    ('"kin", "same_zone"]', '"friends"]', "party.checker.without：“friends”没有定义"),
    ('waits_on = "owner", clock = "accept"', 'waits_on = "nobody", clock = "accept"', "stage.received.waits_on"),
    ('waits_on = "owner", clock = "accept"', 'waits_on = "owner"', "stage.received：没结束的阶段要写等谁"),
    ('waits_on = "owner", clock = "accept"', 'waits_on = "owner", clock = "soon"', "stage.received.clock：“soon”"),
    ('waits_on = "lead", clock = "solve"', 'waits_on = "helper", clock = "solve"', "可这个阶段没有他能做的 move"),
    ('outcome = "refused" }', 'outcome = "refused", clock = "word" }', "stage.refused：结束的阶段不等人"),
    ('outcome = "refused"', 'outcome = "lost"', "stage.refused.outcome"),
    ('from = ["received"], to = "sorting"', 'from = ["start"], to = "sorting"', "move.accept.from：“start”"),
    ('from = ["received"], to = "sorting"', 'from = ["received"], to = "end"', "move.accept.to：“end”"),
    ('to = "sorting", by = ["owner"]', 'to = "sorting", by = ["boss"]', "move.accept.by：“boss”没有定义，可以写"),
    ('to = "confirmed", by = ["owner"]', 'to = "confirmed", by = ["owner", "clock"]', "move.confirm.by：没有时限的 on_due"),
    ('form = "finding" }', 'form = "findings" }', "move.confirm.form：“findings”没有定义"),
    ('needs = ["reason"]', 'needs = ["luck"]', "move.refuse.needs：“luck”没有定义，可以写 all_back、basis"),
    ('needs = ["reason"]', 'needs = ["reason:good"]', "后面不用再写什么"),
    ('needs = ["reason"]', 'needs = ["basis"]', "move.refuse.needs：basis 要求表单里有必填的 basis"),
    ('needs = ["reason"]', 'needs = ["next_unit"]', "move.refuse.needs：next_unit 要求"),
    ('needs = ["reason"]', 'needs = ["consent:king"]', "“king”没有定义"),
    ('needs = ["reason"]', 'needs = ["within:30d"]', "within 从结束那天算起"),
    ('"times:2"', '"times:many"', "“times:many”的数字不对"),
    ('needs = ["within:30d"]', 'needs = ["within:30"]', "“within:30”的数字不对，可以写 within:30d"),
    ('does = ["tell:reporter"] }', 'does = ["shout"] }', "move.accept.does：“shout”没有定义，可以写 assign、climb"),
    ('does = ["tell:reporter"] }', 'does = ["tell:world"] }', "“world”没有定义"),
    ('does = ["draw:checker"]', 'does = ["draw:helper"]', "move.silence.does：“draw:helper”抽的人"),
    ('"restart:solve"', '"restart:all"', "“all”没有定义，可以写 accept"),
    ('does = ["task:promise", ', 'does = ["task:vow", ', "“vow”没有定义，可以写 promise"),
    ('form = "merge", does', "does", "move.merge.does：merge 要求表单里有必填的"),
    ("due = { urgent = 1, normal = 8, complex = 24 } }\nreport", "due = { urgent = 1 } }\nreport", "clock.accept.due"),
    ("due = { urgent = 1, normal = 8, complex = 24 } }\nreport", "due = { urgent = 0, normal = 8, complex = 24 } }\nreport", "clock.accept.due.urgent"),
    ('unit = "hours"', 'unit = "minutes"', "clock.accept.unit"),
    ('stops_in = ["answered", "recheck"]', 'stops_in = ["lunch"]', "clock.solve.stops_in：“lunch”"),
    ('stops_in = ["answered", "recheck"]', 'stops_in = ["working"]', "solve 在这个阶段是停的"),
    ('on_due = "move:silence"', 'on_due = "sleep"', "clock.word.on_due：“sleep”不认识，可以写 climb 或 move:名字"),
    ('on_due = "move:silence"', 'on_due = "move:yes"', "clock.word.on_due：“yes”没有定义，可以写 redraw、silence"),
    ('on_due = "move:silence"', 'on_due = "move:redraw"', "clock.word.on_due：move.redraw.from 里要有"),
    ('extend = { amount = 5, times = 1, by = "lead" }', 'extend = { amount = 5, times = 1, by = "god" }', "clock.solve.extend.by"),
    ('who = "secretary@village", wait = { urgent = 1, normal = 8, complex = 24 }', 'who = "secretary@village"', "ladder.0.wait：每个级别一个数"),
    ('who = "duty_officer@county"', 'who = "duty_officer@province"', "ladder.2.who：“duty_officer@province”不是岗位"),
    ('area = ["stage"]', 'everyone = ["stage"]', "see：“everyone”没有定义，可以写 area"),
    ('area = ["stage"]', 'area = ["secrets"]', "see.area：“secrets”没有定义，可以写 public"),
    ('helper = ["public", "where", "stage"]', 'checker_two = ["public"]', "see：“checker_two”没有定义"),
    ('supervisor = ["public", "where", "stage", "timeline"]\n', "", "see.supervisor：他要办事，至少要看得见 stage"),
    ('checker = ["public", "where", "reporter", "stage"]\n\n[tell]', 'area = ["stage"]\n\n[tell]', "see_strict.checker：他要办事"),
    ('group = "where"', 'group = "stage"', "form.report.place.group：stage 是引擎自己的组"),
    ('group = "where"', 'group = "nowhere"', "没有定义，可以写"),
    ('type = "voice", max = 3 }', 'type = "video", max = 3 }', "form.report.voice.type"),
    ('type = "voice", max = 3 }', 'type = "choice", max = 3 }', "form.report.voice.choices：choice、unit、units 要写有哪些可选"),
    ('"window@town", "dispatcher@town", "duty_officer@county"] }', '"window@moon"] }', "form.order.unit.choices：“window@moon”不是岗位"),
    ('due = "field:promise.by"', 'due = "field:promise.what"', "task.promise.due：“field:promise.what”不是日期，可以写 field:promise.by"),
    ('made_by = "report"', 'made_by = "done"', "task.promise.made_by：move.done.does 里要有 task:promise"),
    ('new = "case_new"', 'new = "case_brand_new"', "tell.new：“case_brand_new”没有定义"),
    ('new = "case_new"', 'new = "visit_reminder"', "tell.new：visit_reminder 用到 left、month，可以用 kind"),
    ('drawn = "case_drawn"\n', "", "tell：少了 drawn"),
    ('word_of = ["reporter", "elder", "checker"]', 'word_of = ["reporter", "owner"]', "close.word_of：“owner”没有定义，可以写 checker、elder、reporter"),
    ('word_of = ["reporter", "elder", "checker"]', 'word_of = ["reporter", "lead"]', "close.word_of：“lead”没有定义"),
    ('word_of = ["reporter", "elder", "checker"]', 'word_of = ["reporter"]', "move.yes.by：只有 close.word_of 说了才算办好"),
    ('to = "answered", by = ["lead"]', 'to = "closed", by = ["lead"]', "move.done.by：只有 close.word_of 说了才算办好"),
    ('usual = "personal"', 'usual = "anything"', "usual：“anything”没有定义"),
    ('urge = { by = ["reporter", "elder"]', 'urge = { by = ["neighbour"]', "urge.by：“neighbour”没有定义"),
    ('urged = "case_urged"', "", "tell：少了 urged"),
    ('\npersonal = [\n', '\nnobody = [\n', "words：“nobody”没有定义"),
    ('to = "refused", by', 'to = "sorting", by', "stage.refused：从 received 走不到这里"),
    ('does = ["assign:lead", "tell:reporter"] }', "does = [] }", "stage.working.waits_on：到这里时 lead 可能还没有人"),
    ('does = ["draw:checker"] }', "does = [] }", "stage.recheck.waits_on：到这里时 checker 可能还没有人"),
    ("near_days = 14", "near_weeks = 2", "near_weeks"),
    ("near_days = 14", "near_days = [", "whistle.toml"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after", "says"), WRONG, ids=[f"{n}" for n in range(len(WRONG))])
def test_a_faulty_file_is_refused_with_file_key_and_what_is_allowed(before: str, after: str, says: str) -> None:
    said = refusal(before, after)
    assert said.startswith("whistle.toml：")
    assert says in said


def test_a_stage_without_a_way_out_is_refused() -> None:
    gone = 'yes = { name = "收到了", from = ["back", "recheck"], to = "closed", by = ["elder", "relative", "asker", "checker"] }\n'
    text = (
        shipped("errand")
        .replace(gone, "")
        .replace('from = ["asked", "papers"], to = "void"', 'from = ["asked"], to = "void"')
    )
    with pytest.raises(BadPreset, match=r"走不到"):
        read_kind(text, name="errand.toml", around=world())


def test_a_party_that_is_only_perhaps_there_may_not_be_waited_on() -> None:
    said = refusal(
        'who = { name = "给谁办", type = "person", required = true,',
        'who = { name = "给谁办", type = "person",',
        kind="errand",
    )
    assert "stage.back.waits_on：到这里时 elder 可能还没有人" in said


CUSTODY = [
    ('needs = ["all_back"], ', "", "stage.closed：收下的材料没有交还也能到这里"),
    ('does = ["hand_back", ', "does = [", "move.hand.needs：all_back 数的是交还的材料，does 里要有 hand_back"),
    ('form = "handback"', 'form = "note"', "move.hand.does：hand_back 要求表单里有"),
    (
        'from = ["asked", "papers"], to = "void"',
        'from = ["asked", "papers", "working"], to = "void"',
        "stage.void：收下的材料",
    ),
]


@pytest.mark.parametrize(("before", "after", "says"), CUSTODY)
def test_papers_that_were_taken_in_come_back_on_every_way_to_an_end(before: str, after: str, says: str) -> None:
    assert says in refusal(before, after, kind="errand")


# Words of the machine itself, which a file may use for its own places as well.
MACHINE = {
    *DOES,
    *NEEDS,
    *PURPOSES,
    *FIELD_TYPES,
    *FACTS,
    "withdrawn",
    "refused",
    "merged",
    "papers",
    "opened",
    "working",
    "asked",
}


def said_in(path: Path) -> set[str]:
    """Every string a module uses, without its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts
    }


def test_the_engine_holds_no_word_of_any_kind() -> None:
    """Kinds, their stages, moves, parties, forms and clocks are named in presets only: the machine would run any other."""
    kinds = load_all()["cases"].values()
    parts = [
        part
        for kind in kinds
        for part in (kind.category, kind.party, kind.stage, kind.move, kind.form, kind.clock, kind.task)
    ]
    own = {name for part in parts for name in part} - MACHINE
    for path in sorted(ENGINE.rglob("*.py")):
        assert own & said_in(path) == set(), path.name
        text = path.read_text(encoding="utf-8").lower()
        assert [word for word in ("whistle", "errand", "哨", "代办", "督办") if word in text] == [], path.name
