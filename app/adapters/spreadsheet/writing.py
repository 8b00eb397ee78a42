"""Writes workbooks for people: import templates, error reports, exports. Every cell is text, so nothing in them is run.

Rows may come from an iterator of any length; memory stays flat. The file appears whole or not at all.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

_GUIDE = "填写说明"
_CHOICES = "选项"
_LAST_ROW = 50_000  # as far as the template's columns are prepared
_LONGEST_CELL = 32_767
_LONGEST_LIST = 255  # Excel's bound on choices written into the rule itself
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, how wide it is, what may stand in it, and how to explain it to the person who fills it."""

    title: str
    width: int = 14
    choices: Sequence[str] = ()
    hint: str = ""
    example: str = ""
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet of a workbook."""

    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[str]] = ()


class Marked(str):
    """A cell's text that is shown on a coloured ground, because something is wrong with it."""

    __slots__ = ()


def write_workbook(path: Path, tables: Iterable[Table]) -> None:
    """Write tables for a person to open: bold header that stays in sight, all cells text."""
    _write(path, list(tables), guide=None)


def write_template(path: Path, table: Table) -> None:
    """Write the empty form of an import, with lists to choose from and a second sheet that explains each column."""
    _write(path, [table], guide=table)


def _write(path: Path, tables: Sequence[Table], *, guide: Table | None) -> None:
    import xlsxwriter

    with tempfile.TemporaryDirectory(
        dir=path.parent, prefix=".writing-"
    ) as desk:  # the rows are personal: nothing in /tmp
        unfinished = Path(desk) / path.name
        with xlsxwriter.Workbook(str(unfinished), {"constant_memory": True, "tmpdir": desk}) as book:
            scribe = _Scribe(book)
            for table in tables:
                scribe.write(table)
            if guide is not None:
                scribe.write(_guide_to(guide))
            scribe.write_choices()
        unfinished.replace(path)


class _Scribe:
    """Writes the sheets of one workbook and remembers the long lists that need a sheet of their own."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._long_lists: list[Sequence[str]] = []
        face = {"font_name": "等线", "font_size": 11, "num_format": "@", "valign": "vcenter"}
        self._text = book.add_format(face)
        self._header = book.add_format(face | {"bold": True, "bg_color": "#DAECE7", "bottom": 1, "text_wrap": True})
        self._marked = book.add_format(face | {"bg_color": "#FBE4D8", "font_color": "#93320F"})

    def write(self, table: Table) -> None:
        sheet = self._book.add_worksheet(_sheet_name(table.name))
        sheet.freeze_panes(1, 0)
        for index, column in enumerate(table.columns):
            sheet.set_column(index, index, column.width, self._text)
            sheet.write_string(0, index, _safe(column.title), self._header)
            if column.choices:
                sheet.data_validation(1, index, _LAST_ROW, index, self._rule(column))
        for number, row in enumerate(table.rows, start=1):
            for index, text in enumerate(row):
                sheet.write_string(number, index, _safe(text), self._marked if isinstance(text, Marked) else self._text)

    def _rule(self, column: Column) -> dict[str, object]:
        return {
            "validate": "list",
            "source": self._source(column.choices),
            "error_title": "请从列表里选",
            "error_message": f"“{column.title}”这一列只能填列表里的词。"[:_LONGEST_LIST],
        }

    def _source(self, choices: Sequence[str]) -> list[str] | str:
        if len(",".join(choices)) <= _LONGEST_LIST and not any("," in choice for choice in choices):
            return list(choices)
        from xlsxwriter.utility import xl_col_to_name

        letter = xl_col_to_name(len(self._long_lists))
        self._long_lists.append(choices)
        return f"='{_CHOICES}'!${letter}$1:${letter}${len(choices)}"

    def write_choices(self) -> None:
        if not self._long_lists:
            return
        sheet = self._book.add_worksheet(_CHOICES)
        sheet.hide()
        for number, row in enumerate(zip_longest(*self._long_lists, fillvalue="")):
            for index, text in enumerate(row):
                sheet.write_string(number, index, _safe(text), self._text)


def _guide_to(table: Table) -> Table:
    """One row for each column of the template: its name, whether it must be filled, how, and an example."""
    columns = (Column("列名", 16), Column("要不要填", 10), Column("怎么填", 60), Column("例子", 28))
    rows = [
        (column.title, "必填" if column.is_required else "可不填", column.hint or _hint(column), column.example)
        for column in table.columns
    ]
    return Table(_GUIDE, columns, rows)


def _hint(column: Column) -> str:
    return "从列表里选：" + "、".join(column.choices) if column.choices else "按实际情况填。"


def _safe(text: str) -> str:
    """What XML and Excel can hold; the rest of a text that is too long is announced, not lost in silence."""
    text = _NOT_IN_XML.sub("\ufffd", text)
    return text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 8] + "…（后面太长）"


def _sheet_name(name: str) -> str:
    return _NOT_IN_A_NAME.sub(" ", name).strip("' ")[:31] or "表"
