"""Door labels as a person meets them: the page is rendered, the codes are scanned, the words are read."""

from __future__ import annotations

import io
import random
import re
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp

from app.adapters.sheets import Drawn, Label, Unprintable, draw_labels

TOKEN = string.ascii_letters + string.digits
A4 = (595.28, 841.89)


def labels(count: int, *, village: str = "花石村", head: str = "户主 卢*梅", size: int = 24) -> Iterator[Label]:
    dice = random.Random(7)
    for number in range(count):
        url = "https://example.gov.cn/d/" + "".join(dice.choices(TOKEN, k=size))
        yield Label(url, village, "第三居民组", f"{number + 1}号", head)


def drawn(path: Path, some: list[Label], **options: bool) -> tuple[Drawn, pypdfium2.PdfDocument]:
    result = draw_labels(path, some, title="花石村门牌码", **options)
    return result, pypdfium2.PdfDocument(path)


def scanned(page: pypdfium2.PdfPage, *, dpi: int = 150) -> set[str]:
    picture = page.render(scale=dpi / 72, grayscale=True).to_pil()
    return {found.text for found in zxingcpp.read_barcodes(picture)}


def words(page: pypdfium2.PdfPage) -> str:
    return str(page.get_textpage().get_text_range())


@pytest.mark.parametrize("size", [22, 26])
def test_every_code_on_every_page_is_read_back(tmp_path: Path, size: int) -> None:
    some = list(labels(60, size=size))
    result, document = drawn(tmp_path / "a.pdf", some)
    assert result == Drawn(60, 3, ())
    assert [len(scanned(page)) for page in document] == [24, 24, 12]
    assert set().union(*map(scanned, document)) == {label.url for label in some}


def test_a_page_holds_24_labels_of_the_size_that_is_sold_on_sticker_sheets(tmp_path: Path) -> None:
    some = list(labels(24))
    _, document = drawn(tmp_path / "a.pdf", some)
    assert document[0].get_size() == pytest.approx(A4, abs=0.1)
    found = zxingcpp.read_barcodes(document[0].render(scale=200 / 72, grayscale=True).to_pil())
    places = sorted((code.position.top_left.y, code.position.top_left.x) for code in found)
    millimetres = [(y * 25.4 / 200, x * 25.4 / 200) for y, x in places]
    down = [row[0] for row in millimetres[::3]]
    across = sorted(x for _, x in millimetres[:3])
    assert [b - a for a, b in pairwise(down)] == pytest.approx([37] * 7, abs=0.3)
    assert [b - a for a, b in pairwise(across)] == pytest.approx([70] * 2, abs=0.3)


@pytest.mark.parametrize("picture", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_picture_that_cannot_be_read_leaves_the_square_code(tmp_path: Path, picture: bytes) -> None:
    [label] = labels(1)
    result, document = drawn(tmp_path / "a.pdf", [replace(label, picture=picture)])
    assert result == Drawn(1, 1, (), pictures=0)
    assert scanned(document[0]) == {label.url}


def test_a_label_says_where_whose_door_and_what_to_do(tmp_path: Path) -> None:
    _, document = drawn(tmp_path / "a.pdf", list(labels(1)))
    said = words(document[0])
    for word in ("花石村", "第三居民组", "1号", "户主 卢*梅", "微信扫一扫", "记走访、说事情"):
        assert word in said


@pytest.mark.promise
def test_a44_rare_names_are_visible_in_the_pdf(tmp_path: Path) -> None:
    names = ["䶮𬱖", "喆昇贇", "欧阳·淼", "㛃", "堃犇甯翀"]
    result, document = drawn(tmp_path / "a.pdf", [next(labels(1, head=name)) for name in names])
    assert result.unprintable == ()
    assert all(name in words(document[0]) for name in names)


def test_a_character_the_font_lacks_leaves_a_mark_and_is_reported(tmp_path: Path) -> None:
    some = [*labels(1), *labels(1, head="王\U0002a6a5😀"), *labels(1, head="李\u200b三\u202e")]
    result, document = drawn(tmp_path / "a.pdf", some)
    assert result.unprintable == (Unprintable(2, "😀\U0002a6a5"),)
    assert "王〓〓" in words(document[0])
    assert "李三" in words(document[0])


def test_a_long_name_is_drawn_smaller_and_stays_on_its_label(tmp_path: Path) -> None:
    long = "某某街道办事处某某社区居民委员会第一网格"
    _, document = drawn(tmp_path / "a.pdf", list(labels(1, village=long)))
    page = document[0].get_textpage()
    boxes = [page.get_charbox(place) for place in range(len(long))]
    assert page.get_text_range(0, len(long)) == long
    assert max(right for _, _, right, _ in boxes) < 67 / 25.4 * 72


def test_each_village_may_begin_on_a_page_of_its_own_and_is_bookmarked(tmp_path: Path) -> None:
    some = [*labels(2), *labels(2, village="大沟河村")]
    result, document = drawn(tmp_path / "a.pdf", some, page_per_village=True)
    assert result.pages == 2
    assert [mark.get_title() for mark in document.get_toc()] == ["花石村", "大沟河村"]
    assert draw_labels(tmp_path / "b.pdf", some, title="x").pages == 1


def test_the_font_is_embedded_as_a_subset_and_the_title_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    _, document = drawn(path, list(labels(24)))
    content = path.read_bytes()
    assert re.search(rb"/FontFile3", content)
    assert re.search(rb"/BaseFont /[A-Z]{6}\+NotoSansCJK", content)
    assert len(content) < 60_000
    assert document.get_metadata_value("Title") == "花石村门牌码"


def test_no_labels_make_one_empty_page_and_an_open_file_will_do() -> None:
    out = io.BytesIO()
    assert draw_labels(out, [], title="空") == Drawn(0, 1, ())
    assert len(pypdfium2.PdfDocument(out.getvalue())) == 1


def test_importing_the_adapter_imports_nothing_heavy() -> None:
    seen = "import sys, app.adapters.sheets; print([m for m in ('fpdf', 'qrcode', 'PIL', 'fontTools') if m in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", seen], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"
