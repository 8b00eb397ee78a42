"""The command line: python -m app …"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from app.commands import codes, demo, departures, imports, letters, ops, people, presets, run, usage, zones
from app.main import FOR_THE_OPERATOR, what_to_do


@click.group(help="连心：一个县的乡村治理系统。先 make run，再看每个命令的 --help。")
def cli() -> None:
    """The one entry."""


for _subject in (run, imports, codes, zones, people, departures, presets, demo, ops, letters):
    for _command in _subject.COMMANDS:
        cli.add_command(_command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a refusal is a sentence on standard error and exit code 1."""
    try:
        cli.main(None if argv is None else list(argv), prog_name="python -m app", standalone_mode=False)
    except click.UsageError as wrong:
        click.echo(usage.sentence_of(wrong), err=True)
        return wrong.exit_code
    except click.ClickException as refused:
        click.echo(refused.format_message(), err=True)
        return refused.exit_code
    except click.Abort:
        return 130
    except BrokenPipeError:  # whoever read along has seen enough: `roster | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except FOR_THE_OPERATOR as fault:
        return tell(fault)
    return 0


def tell(fault: Exception) -> int:
    """Say what to do about it; a fault of ours goes on as a traceback."""
    sentence = what_to_do(fault)
    if sentence is None:
        raise fault
    click.echo(sentence, err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
