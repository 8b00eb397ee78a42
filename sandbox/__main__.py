"""python -m sandbox: runs the fake WeChat until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import click

from sandbox.clock import VirtualClock
from sandbox.config import load
from sandbox.server import Server
from sandbox.store import Store
from sandbox.world import World

LOCAL_PATH = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8001, show_default=True, help="0 picks a free one and prints it.")
@click.option("--callback-mp", default="", help="Where the mini-program's events are posted.")
@click.option("--callback-oa", default="", help="Where the official account's events are posted.")
@click.option("--callback-wecom", default="", help="Where WeCom's events are posted.")
@click.option("--h5-base", default="", help="Where the H5 client is served; links on the phones open there.")
@click.option("--clock-file", type=LOCAL_PATH, help="The virtual clock that the product reads too.")
@click.option("--state-file", type=LOCAL_PATH, help="Keeps phones and messages across restarts.")
@click.option("--config", "config_file", type=LOCAL_PATH, help="JSON: accounts, keys, templates.")
def main(  # noqa: PLR0913 - one parameter for each option
    host: str, port: int, callback_mp: str, callback_oa: str, callback_wecom: str, h5_base: str,
    clock_file: Path | None, state_file: Path | None, config_file: Path | None,
) -> None:  # fmt: skip
    """A WeChat on your desk: a fake WeChat server with phones you can look at."""
    config = load(config_file)
    config.mp.callback = callback_mp or config.mp.callback
    config.oa.callback = callback_oa or config.oa.callback
    config.wecom.callback = callback_wecom or config.wecom.callback
    config.h5_base = h5_base or config.h5_base
    world = World(config, VirtualClock(clock_file))
    store = Store(world, state_file)
    store.load()
    asyncio.run(_serve(Server(world), (host, port), store))


async def _serve(server: Server, where: tuple[str, int], store: Store) -> None:
    """Run until SIGTERM or SIGINT."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, ended.set)
    listening = await server.listen(*where)
    host, port = listening.sockets[0].getsockname()[:2]
    click.echo(f"sandbox ready on http://{host}:{port}/")
    keeping = asyncio.create_task(store.keep())
    await ended.wait()
    keeping.cancel()
    await server.close(listening)
    store.save()


if __name__ == "__main__":
    main()
