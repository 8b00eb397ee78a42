"""What an operator needs: a check of everything, backup and restore, migrations, dead letters."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.console import Console
from rich.table import Column, Table

from app.adapters.backup import BackupFailed, backup, restore
from app.adapters.database import migrate
from app.adapters.places import data_folder
from app.commands.doctor import examine, require_database, require_empty
from app.main import open_runtime, settings_path
from app.settings import load


@click.command("doctor")
@click.option("--strict", is_flag=True, help="有一项不好就以失败结束")
def doctor(strict: bool) -> None:
    """检查这一套系统是不是都好，哪里不好、怎么办。"""
    require_database(load(settings_path()))
    table = Table("", "检查", Column("结果", overflow="fold"), Column("怎么办", overflow="fold"))
    with open_runtime() as runtime:
        findings = list(examine(runtime))
    for finding in findings:
        table.add_row("[green]好[/]" if finding.is_well else "[red]看[/]", finding.what, finding.result, finding.advice)
    Console().print(table)
    if strict and not all(finding.is_well for finding in findings):
        sys.exit(1)


@click.command("migrate")
def bring_up_to_date() -> None:
    """把表结构更新到最新。"""
    migrate(load(settings_path()).database)
    click.echo("表结构已是最新。")


@click.command("backup")
@click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
def back_up(archive: Path) -> None:
    """把数据库和文件备份成一个归档（密钥不在里面，请另外保存 config.toml）。"""
    settings = load(settings_path())
    require_database(settings)
    try:
        size = backup(settings, archive.absolute(), copies=data_folder())
    except BackupFailed as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo(f"备份好了：{archive}，{size / 1_000_000:.1f} MB。请再做一份放到别处。")


@click.command("restore")
@click.argument("archive", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def bring_back(archive: Path) -> None:
    """从归档恢复到一个空的数据库和空的文件夹。"""
    settings = load(settings_path())
    require_empty(settings)
    try:
        restore(settings, archive.absolute(), copies=data_folder())
    except BackupFailed as failed:
        raise click.ClickException(str(failed)) from failed
    click.echo("恢复好了。请运行 doctor 看一遍。")


COMMANDS = (doctor, bring_up_to_date, back_up, bring_back)
