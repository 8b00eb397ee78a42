"""Paper for the doors: A4 sheets of household labels, each with a code that WeChat can scan.

Nothing heavy is imported until a sheet is drawn, so that a web process stays small.
"""

from app.adapters.sheets.labels import Drawn, Label, Unprintable, draw_labels

__all__ = ["Drawn", "Label", "Unprintable", "draw_labels"]
