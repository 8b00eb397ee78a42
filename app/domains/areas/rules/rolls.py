"""A roll of households as people bring it: one line a person, the head's line opens the household.

Only what stands in the file is judged here; what is on file already is compared afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from app.domains.areas.rules.divisions import village_of
from app.domains.areas.rules.identity_numbers import BadValue, check_id_number
from app.domains.areas.rules.persons import check_birth_year, check_name, check_phone, half_width
from app.domains.areas.rules.relations import HEAD, check_relation
from app.kernel.values import has_hidden_characters, plain

VILLAGE, GROUP, NUMBER, NAME, RELATION = "村代码或村名", "组", "户号", "姓名", "与户主关系"
ID_NUMBER, PHONE, ADDRESS, FLAGS, BIRTH_YEAR = "身份证号", "电话", "住址", "标签", "出生年"
COLUMNS = (VILLAGE, GROUP, NUMBER, NAME, RELATION, ID_NUMBER, PHONE, ADDRESS, FLAGS, BIRTH_YEAR)
REQUIRED = (VILLAGE, NUMBER, NAME, RELATION)
_ALSO = {
    VILLAGE: ("村", "村名", "村代码", "行政村", "村(社区)", "村（社区）", "网格代码"),
    GROUP: ("村民小组", "小组", "组别"),
    NUMBER: ("户编号", "户口号", "户口簿号"),
    RELATION: ("关系", "与户主的关系", "户主关系"),
    ID_NUMBER: ("身份证", "身份证号码", "公民身份号码", "证件号码"),
    PHONE: ("手机", "手机号", "联系电话", "电话号码", "手机号码"),
    ADDRESS: ("地址", "家庭住址", "门牌"),
    FLAGS: ("户标签", "类别", "备注标签"),
    BIRTH_YEAR: ("出生年份",),
}
_PARTS = re.compile(r"[、，,；;\s/]+")
_MOST_PROBLEMS = 1000
_LONGEST = {GROUP: 20, NUMBER: 30, ADDRESS: 120}

Cells = tuple[int, Sequence[str], Sequence[int]]
Key = tuple[str, str]
_Checked = TypeVar("_Checked")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something about one cell: an error stops the import, a warning is only worth a look."""

    line: int
    column: str
    says: str
    is_error: bool = True


@dataclass(slots=True)
class PersonLine:
    """One person of a roll."""

    line: int
    name: str = field(repr=False)
    relation: str
    id_number: str | None = field(repr=False)
    sex: str | None
    birth_year: int | None
    phone: str | None = field(repr=False)


@dataclass(slots=True)
class HouseholdLines:
    """One household of a roll, with its persons."""

    line: int
    path: str
    number: str
    group: str
    address: str | None = field(default=None, repr=False)
    flags: list[str] = field(default_factory=list)
    persons: list[PersonLine] = field(default_factory=list)

    @property
    def key(self) -> Key:
        """What makes the household one: the village and its number there."""
        return village_of(self.path), self.number

    @property
    def head(self) -> PersonLine | None:
        """The head, if the roll names one."""
        return next((p for p in self.persons if p.relation == HEAD), None)


@dataclass(slots=True)
class Roll:
    """A whole file: its households and what is wrong with it."""

    households: dict[Key, HouseholdLines] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    line_count: int = 0
    person_count: int = 0
    error_count: int = 0
    unlisted_count: int = 0

    def note(self, problem: Problem) -> None:
        """Keep a problem; beyond a thousand they are only counted."""
        self.error_count += problem.is_error
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(problem)
        else:
            self.unlisted_count += 1


@dataclass(frozen=True, slots=True)
class Ground:
    """What a roll is judged by: the places people may name, the marks, what is never kept, and the day."""

    places: Mapping[str, tuple[str, ...]]
    flags: Mapping[str, str]
    never_recorded: Sequence[str]
    today: date


def read_roll(header: Sequence[str], rows: Iterable[Cells], ground: Ground, *, header_line: int = 1) -> Roll:
    """The households of a file, and every problem with line, column and what to do."""
    reader = _Reader(ground, _columns_of(header))
    reader.check_header(header, header_line)
    if not reader.roll.error_count:
        for number, cells, spoiled in rows:
            reader.take(number, cells, spoiled)
        if not reader.roll.line_count:
            says = "表里一行也没有填：请从列名的下一行起填，一人一行，户主那一行开头"
            reader.roll.note(Problem(header_line + 1, NAME, says))
        _note_doubles(reader.roll)
    return reader.roll


def note_missing_heads(roll: Roll, known: Iterable[Key]) -> None:
    """A household that is not on file yet needs a head."""
    on_file = set(known)
    for household in roll.households.values():
        if household.head is None and household.key not in on_file:
            says = "这一户没有户主：请把其中一个人的关系填成“户主”"
            roll.note(Problem(household.line, RELATION, says))


def _columns_of(header: Sequence[str]) -> dict[str, int]:
    names = {other: column for column, others in _ALSO.items() for other in others} | {c: c for c in COLUMNS}
    found: dict[str, int] = {}
    for index, title in enumerate(header):
        column = names.get(title.replace(" ", "").rstrip("*"))
        if column:
            found.setdefault(column, index)
    return found


class _Reader:
    """Goes through a roll line by line and remembers the household that is open."""

    def __init__(self, ground: Ground, columns: Mapping[str, int]) -> None:
        self.roll = Roll()
        self._ground = ground
        self._columns = columns
        self._open: HouseholdLines | None = None
        self._seen_ids: dict[str, int] = {}
        self._line = 0
        self._cells: Sequence[str] = ()
        self._spoiled: Sequence[int] = ()

    def check_header(self, header: Sequence[str], line: int) -> None:
        """Every required column must be there; a column nobody asked for is only mentioned."""
        for column in REQUIRED:
            if column not in self._columns:
                self.roll.note(Problem(line, column, f"缺“{column}”这一列：请照模板补上列名"))
        for index, title in enumerate(header):
            if title and index not in self._columns.values():
                self.roll.note(Problem(line, title[:20], "这一列没有用上，不影响导入", is_error=False))

    def take(self, number: int, cells: Sequence[str], spoiled: Sequence[int]) -> None:
        """One line."""
        self._line, self._cells, self._spoiled = number, cells, spoiled
        self.roll.line_count += 1
        self._note_spoiled()
        household = self._household()
        self._open = household or self._open
        person = self._person(household or HouseholdLines(number, "", "", ""))
        if household is not None and person is not None and self._fits(household, person):
            household.persons.append(person)
            self.roll.person_count += 1

    def _text(self, column: str) -> str:
        index = self._columns.get(column)
        if index is None or index >= len(self._cells):
            return ""
        return "" if index in self._spoiled else self._cells[index]

    def _note_spoiled(self) -> None:
        for column, index in self._columns.items():
            if index in self._spoiled:
                self._wrong(column, "表格软件把这一格改坏了（数字太长）：请先把这一列设成“文本”，再重新填")

    def _wrong(self, column: str, says: str) -> None:
        self.roll.note(Problem(self._line, column, says))

    def _worth_a_look(self, column: str, says: str) -> None:
        self.roll.note(Problem(self._line, column, says, is_error=False))

    def _household(self) -> HouseholdLines | None:
        """The household of this line: a new one, one seen before, or the open one when the cells are empty."""
        village, number = self._text(VILLAGE), self._plain(NUMBER)
        if not village and not number and self._open and not self._opens():
            return self._open
        path = self._place(village)
        if not number:
            self._wrong(NUMBER, "户号是空的：请填上；同一户的人填同一个户号")
        if path is None or not number:
            return None
        return self._known(path, number)

    def _opens(self) -> bool:
        try:
            return check_relation(self._text(RELATION)) == HEAD
        except BadValue:
            return False

    def _known(self, path: str, number: str) -> HouseholdLines:
        key = (village_of(path), number)
        group, address = self._plain(GROUP), self._plain(ADDRESS)
        household = self.roll.households.get(key)
        if household is None:
            household = HouseholdLines(self._line, path, number, group or "", address or None)
            self.roll.households[key] = household
        elif group and household.group and group != household.group:
            self._worth_a_look(GROUP, f"和第 {household.line} 行同一户，组却不同：按第 {household.line} 行记")
        household.address = household.address or address or None
        return household

    def _place(self, words: str) -> str | None:
        if not words and self._open:
            return self._open.path
        paths = self._ground.places.get(plain(words), ())
        if len(paths) == 1:
            return paths[0]
        if paths:
            self._wrong(VILLAGE, "有两个村叫这个名字：请填 12 位村代码")
        elif words:
            self._wrong(VILLAGE, "没有这个村：请对照村名，或者填 12 位村代码")
        else:
            self._wrong(VILLAGE, "村是空的：请填村名或者 12 位村代码")
        return None

    def _plain(self, column: str) -> str:
        text = half_width(plain(self._text(column)))
        if has_hidden_characters(text):
            self._wrong(column, "这一格有看不见的字符：请删掉重新打一遍")
            return ""
        if len(text) > _LONGEST[column]:
            self._wrong(column, f"这一格最多 {_LONGEST[column]} 个字：请写短一些")
            return ""
        return text

    def _person(self, household: HouseholdLines) -> PersonLine | None:
        """The person of this line; looked at also where the household is nowhere, so that all is said at once."""
        name = self._checked(NAME, check_name)
        relation = self._checked(RELATION, check_relation)
        number = self._checked(ID_NUMBER, lambda text: check_id_number(text, self._ground.today), needed=False)
        phone = self._checked(PHONE, check_phone, needed=False)
        year = self._checked(BIRTH_YEAR, lambda text: check_birth_year(text, self._ground.today), needed=False)
        self._take_flags(household)
        if name is None or relation is None:
            return None
        if number is None:
            return PersonLine(self._line, name, relation, None, None, year, phone)
        if year and year != number.birth_on.year:
            self._worth_a_look(BIRTH_YEAR, "和身份证号里的出生年不同：按身份证号记")
        return PersonLine(self._line, name, relation, number.number, number.sex, number.birth_on.year, phone)

    def _checked(self, column: str, check: Callable[[str], _Checked], *, needed: bool = True) -> _Checked | None:
        text = self._text(column)
        if not text and not needed:
            return None
        try:
            return check(text)
        except BadValue as wrong:
            if self._columns.get(column) not in self._spoiled:
                self._wrong(column, str(wrong))
            return None

    def _take_flags(self, household: HouseholdLines) -> None:
        for word in filter(None, _PARTS.split(half_width(self._text(FLAGS)))):
            flag = self._ground.flags.get(word)
            if any(never in word for never in self._ground.never_recorded):
                self._wrong(FLAGS, "这类情况不记在这里，由主管的部门保管：请把它去掉")
            elif flag is None:
                self._wrong(FLAGS, f"没有这个标签：可用的有 {'、'.join(dict.fromkeys(self._ground.flags.values()))}")
            elif flag not in household.flags:
                household.flags.append(flag)

    def _fits(self, household: HouseholdLines, person: PersonLine) -> bool:
        if person.relation == HEAD and (head := household.head):
            self._wrong(RELATION, f"这一户第 {head.line} 行已有户主：请核对户号和关系，户号在一个村里不能重复")
            return False
        if person.id_number is None:
            return True
        first = self._seen_ids.setdefault(person.id_number, person.line)
        if first != person.line:
            self._wrong(ID_NUMBER, f"和第 {first} 行是同一个身份证号：请删去一行，或者核对号码")
            return False
        return True


def _note_doubles(roll: Roll) -> None:
    """Persons without an ID number who share village, name and birth year with another: worth a look."""
    without = {mark for mark, person in _marked(roll) if person.id_number is None and person.birth_year}
    seen: dict[tuple[str, str, int | None], int] = {}
    for mark, person in _marked(roll):
        if mark not in without:
            continue
        first = seen.setdefault(mark, person.line)
        if first != person.line:
            says = f"和第 {first} 行同村、同名、同年生：请看是不是同一个人"
            roll.note(Problem(person.line, NAME, says, is_error=False))


def _marked(roll: Roll) -> Iterator[tuple[tuple[str, str, int | None], PersonLine]]:
    for household in roll.households.values():
        for person in household.persons:
            yield (household.key[0], person.name, person.birth_year), person
