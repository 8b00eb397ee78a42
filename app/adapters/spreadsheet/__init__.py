"""Spreadsheets that people bring and take away: read with suspicion, written so that nothing in them runs.

Reading happens in a child process (`confined`), so a web worker may call it; what comes back is text, row by row. The
libraries for Excel are imported only where they are used.
"""

from app.adapters.spreadsheet.limits import Limits
from app.adapters.spreadsheet.reading import Row, Sheet, read_rows
from app.adapters.spreadsheet.refusals import BadFile
from app.adapters.spreadsheet.writing import Column, Marked, Table, write_template, write_workbook

__all__ = [
    "BadFile",
    "Column",
    "Limits",
    "Marked",
    "Row",
    "Sheet",
    "Table",
    "read_rows",
    "write_template",
    "write_workbook",
]
