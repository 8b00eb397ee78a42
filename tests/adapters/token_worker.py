"""Several processes that share a token: each calls WeChat for some seconds and prints how that went."""

from __future__ import annotations

import multiprocessing
import sys
import threading
import time
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import create_engine

from app.adapters.wechat.errors import WeChatRefused
from app.adapters.wechat.gateway import Gateway
from app.adapters.wechat.tokens import TokenProvider
from app.adapters.wire import Wire
from app.kernel.crypto import Vault


def work(base_url: str, database_url: str, seconds: float) -> None:
    """Call in two threads until the time is over."""
    end = time.monotonic() + seconds
    wire, engine = Wire(base_url), create_engine(database_url, pool_size=2)
    tokens = TokenProvider(
        app_id="wx-shared",
        secret="shared-secret",
        wire=wire,
        engine=engine,
        cipher=Vault({"k1": b"1" * 32}, "k1", b"2" * 32),
        clock=lambda: datetime.now(UTC),
    )
    gateway = Gateway(
        app_id="wx-shared", secret="shared-secret", wire=wire, tokens=tokens, clock=lambda: datetime.now(UTC)
    )
    counts: Counter[str] = Counter()

    def call() -> None:
        while time.monotonic() < end:
            try:
                gateway.call("/cgi-bin/x", {})
                counts["ok"] += 1
            except WeChatRefused as refusal:
                counts[refusal.result.code] += 1
            time.sleep(0.02)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    engine.dispose()
    print(counts["ok"], counts.total() - counts["ok"], flush=True)


def main(base_url: str, database_url: str, seconds: float) -> None:
    """Let eight processes start at once."""
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=work, args=(base_url, database_url, seconds)) for _ in range(8)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
