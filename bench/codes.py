"""Measures door labels: 13,529 codes on 564 A4 pages, against the qrcode library drawing one PNG for each.

`python -m bench codes` takes about two minutes, most of it to render every page and scan every code; `--short` takes seconds.
Each round runs in a process of its own, so that its CPU and memory are its own; rounds of both sides alternate.
"""

from __future__ import annotations

import argparse
import io
import random
import string
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.report import Row, at_least, at_most
from bench.run import Run

HOUSEHOLDS = 13_529
ROUNDS = 3
SAMPLE = 300  # PNGs a round; the peer's time is scaled up from them
SCAN_DPI = 150


class Cost(NamedTuple):
    """What one round took."""

    cpu_seconds: float
    peak_mib: float


def measure(run: Run, _open_house: object) -> Row:
    """The row of the table; it needs no house."""
    count, sample = (240, 30) if run.is_short else (HOUSEHOLDS, SAMPLE)
    path = run.folder / "labels.pdf"
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(_round("--draw", str(path), "--count", str(count)))
        peer.append(_round("--png", "--count", str(sample)))
        run.say(f"{count:,} labels in {ours[-1].cpu_seconds:.1f} s, {sample} PNGs in {peer[-1].cpu_seconds:.1f} s")
    cpu = median(cost.cpu_seconds for cost in ours)
    peer_cpu = median(cost.cpu_seconds for cost in peer) * count / sample
    read, pages, seconds = _scan(path, count)
    row = Row(6, "codes", f"door labels: {count:,} codes on A4 pages")
    row.add("CPU to draw them", cpu, "s", at_most(12))
    row.add("peak memory", max(cost.peak_mib for cost in ours), "MiB", at_most(130))
    row.add("the file", path.stat().st_size / 1e6, "MB", at_most(3))
    row.add("read back from rendered pages", read / count * 100, "%", at_least(100))
    row.add(f"qrcode + PNG, CPU scaled up from {sample}", peer_cpu, "s")
    row.add("× qrcode + PNG", peer_cpu / cpu, "×", at_least(7))
    row.notes.append(f"{pages} pages, rendered at {SCAN_DPI} dpi and scanned in {seconds:.0f} s.")
    return row


def main() -> None:
    """One round in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draw", help="the PDF to write")
    parser.add_argument("--png", action="store_true", help="what the peer does")
    parser.add_argument("--count", type=int, default=HOUSEHOLDS)
    options = parser.parse_args()
    _report(lambda: _png(options.count) if options.png else _draw(Path(options.draw), options.count))


def _round(*arguments: str) -> Cost:
    answer = subprocess.run(
        [sys.executable, "-m", "bench.codes", *arguments], capture_output=True, text=True, check=True
    ).stdout
    cpu, peak = answer.split()
    return Cost(float(cpu), float(peak))


def _report(work: object) -> None:
    """In a round's process: do it, then say what it took."""
    assert callable(work)
    since = time.process_time()
    work()
    print(time.process_time() - since, _peak_mib())


def _peak_mib() -> float:
    """This process's own peak; getrusage would count the parent's from before exec."""
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # macOS counts bytes
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def urls(count: int) -> Iterator[str]:
    """The addresses on the doors, alike in every run."""
    dice = random.Random(20260101)
    for _ in range(count):
        yield "https://example.gov.cn/d/" + "".join(dice.choices(string.ascii_letters + string.digits, k=24))


def _draw(path: Path, count: int) -> None:
    from app.adapters.sheets import Label, draw_labels

    surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜欧䶮𬱖"
    given = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂梅春建国红玉"
    dice = random.Random(7)
    labels = (
        Label(
            url=url,
            village=f"示例{surnames[number // 240 % len(surnames)]}庄村",
            group=f"第{'一二三四五六七八'[number // 30 % 8]}居民组",
            number=f"{number % 240 + 1}号",
            head_masked=f"户主 {dice.choice(surnames)}*{dice.choice(given)}",
        )
        for number, url in enumerate(urls(count))
    )
    draw_labels(path, labels, title="示例门牌码")


def _png(count: int) -> None:
    import qrcode

    for url in urls(count):
        qrcode.make(url).save(io.BytesIO())


def _scan(path: Path, count: int) -> tuple[int, int, float]:
    """Render every page as a printer would and scan it; how many of the addresses were found, pages, seconds."""
    import pypdfium2
    import zxingcpp

    since = time.monotonic()
    document = pypdfium2.PdfDocument(path)
    found: set[str] = set()
    for page in document:
        picture = page.render(scale=SCAN_DPI / 72, grayscale=True).to_pil()
        found |= {code.text for code in zxingcpp.read_barcodes(picture)}
    pages = len(document)
    document.close()
    return len(found & set(urls(count))), pages, time.monotonic() - since


if __name__ == "__main__":
    main()
