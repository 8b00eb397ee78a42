"""The papers of a village: the file of its households, the file of its zones, the sheets that are printed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2
import zxingcpp
from PIL import Image
from python_calamine import CalamineWorkbook

from app.adapters.spreadsheet import Column, Table, write_workbook
from tests.stack import Stack


@dataclass(frozen=True, slots=True)
class Resident:
    """One person as the village knows him."""

    name: str
    relation: str = "户主"
    phone: str = ""
    born: str = "1970"


@dataclass(frozen=True, slots=True)
class Home:
    """One household as the village knows it."""

    number: str
    residents: tuple[Resident, ...]
    group: str = "三组"
    flags: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """Which households a member keeps."""

    member: Resident
    homes: tuple[Home, ...]


def hand_in(office: Stack, village: str, homes: Sequence[Home]) -> None:
    """Fill the template that the product gives out, let it be checked, import it."""
    template, filled = office.folder / "template.xlsx", office.folder / "households.xlsx"
    office.command("import", "households", "--template", str(template))
    titles = [str(title) for title in CalamineWorkbook.from_path(template).get_sheet_by_index(0).to_python()[0]]
    lines = [_line(village, home, one) for home in homes for one in home.residents]
    _write(filled, titles, [[line[title] for title in titles] for line in lines])
    assert "还什么都没动" in office.command("import", "households", str(filled), "--dry-run").stdout
    done = office.command("import", "households", str(filled), "--yes").stdout
    assert f"进来 {len(homes)} 户、{len(lines)} 人" in done, done


def _line(village: str, home: Home, one: Resident) -> dict[str, str]:
    return {
        "村代码或村名": village,
        "组": home.group,
        "户号": home.number,
        "姓名": one.name,
        "与户主关系": one.relation,
        "身份证号": "",
        "电话": one.phone,
        "住址": f"{home.group} {home.number} 号",
        "标签": home.flags,
        "出生年": one.born,
    }


def hand_in_zones(office: Stack, village_code: str, zones: Iterable[Zone]) -> None:
    """Name the keeper of each household in a file."""
    file = office.folder / "zones.xlsx"
    rows = [[village_code, home.number, zone.member.phone] for zone in zones for home in zone.homes]
    _write(file, ["村代码", "户号", "联户党员"], rows)
    assert f"{len(rows)} 户换了联户党员" in office.command("zone", "import", str(file)).stdout


def _write(file: Path, titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    write_workbook(file, [Table("表", [Column(title) for title in titles], rows)])


def print_codes(office: Stack, village_code: str) -> list[str]:
    """Print the sheet of a village's door codes; what a camera reads from it, door after door."""
    sheet = office.folder / "codes.pdf"
    office.command("qr-sheets", "--village", village_code, str(sheet))
    subprocess.run(["pdftoppm", "-r", "150", "-gray", str(sheet), str(sheet.with_suffix(""))], check=True)
    return [text for page in sorted(sheet.parent.glob(f"{sheet.stem}-*.pgm")) for text in _codes_on(page)]


def _codes_on(page: Path) -> list[str]:
    with Image.open(page) as picture:
        found = zxingcpp.read_barcodes(picture)
    corners = [(code.position.top_left.y // 40, code.position.top_left.x, code.text) for code in found]
    return [text for _, _, text in sorted(corners)]


def print_slips(office: Stack, village_code: str) -> dict[str, str]:
    """Print the binding slips of a village; the code that is read on each, by the number of the household."""
    sheet = office.folder / "slips.pdf"
    office.command("slips", "--village", village_code, str(sheet))
    pages = [str(page.get_textpage().get_text_range()) for page in pypdfium2.PdfDocument(sheet)]
    return dict(re.findall(r"组(\w+)号[^\n]*\s+([A-Z]{5}-[A-Z]{5})", "\n".join(pages)))
