"""A sheet of door labels with what WeChat draws on it, and what a phone reads from the paper."""

from __future__ import annotations

from pathlib import Path

import pypdfium2
import zxingcpp

from app.adapters.sheets import Drawn, Label, draw_labels
from app.commands.codes import RoundCodes

TOKENS = [f"a1B2c3D4e5F6g7H8i9J0k{n:02d}" for n in range(24)]


def sheet_of(codes: RoundCodes, out: Path) -> tuple[Drawn, list[str]]:
    """A sheet of door labels with what WeChat draws on it, and what a phone reads from the paper."""
    labels = [
        Label(f"https://x.cn/d/{t}", "山口村", "三组", str(n), "卢**", codes.picture(t)) for n, t in enumerate(TOKENS)
    ]
    drawn = draw_labels(out, labels, title="门牌码")
    page = pypdfium2.PdfDocument(out)[0].render(scale=200 / 72, grayscale=True).to_pil()
    return drawn, [code.text for code in zxingcpp.read_barcodes(page)]
