"""What an operator reads who typed a command wrongly: click's English turned into one Chinese sentence and the way to --help."""

from __future__ import annotations

import click

_BY_TYPE: dict[type[click.ParamType], str] = {
    click.types.UUIDParameterType: "要一个编号，像 01a22383-ee30-7a5e-a351-c052d761aa69",
    click.DateTime: "日期要写成 2026-11-30",
    click.types.IntParamType: "要一个整数",
    click.File: "读不到这个文件，请核对路径",
    click.Path: "找不到，或者不是一个文件，请核对路径",
}


def sentence_of(wrong: click.UsageError) -> str:
    """What to put right, and where it says how."""
    path = wrong.ctx.command_path if wrong.ctx else "python -m app"
    return f"{_what(wrong)}。用法看：{path} --help"


def _what(wrong: click.UsageError) -> str:
    if isinstance(wrong, click.MissingParameter):
        return f"还缺 {_name(wrong)}{_said(wrong.param)}"
    if isinstance(wrong, click.BadParameter):
        return f"{_name(wrong) or '有一项'} 写得不对：{_reason(wrong)}"
    if isinstance(wrong, click.NoSuchOption):
        near = f"，是不是 {'、'.join(wrong.possibilities)}" if wrong.possibilities else ""
        return f"没有 {wrong.option_name} 这个选项{near}"
    return _other(wrong)


def _other(wrong: click.UsageError) -> str:
    """Commands that do not exist, too many words, and our own sentences, which are Chinese already."""
    said = wrong.format_message().rstrip("。")
    if not said.isascii() and not said.startswith(("No such", "Got unexpected")):
        return said
    if said.startswith("No such command"):
        return f"没有 {said.split(chr(39))[1]} 这个命令"
    if said.startswith("Got unexpected"):
        return f"多写了 {said[said.find('(') + 1 : said.rfind(')')]}"
    return "命令没有写完整"


def _reason(wrong: click.BadParameter) -> str:
    kind = wrong.param.type if wrong.param else None
    if isinstance(kind, click.Choice) and wrong.message.isascii():
        return f"只能是 {'、'.join(map(str, kind.choices))}"
    if isinstance(kind, click.IntRange):
        return f"要 {kind.min} 到 {kind.max} 的整数"
    if kind is not None and (said := _said_of(kind)) and not _is_ours(wrong.message):
        return said
    return wrong.message.rstrip("。")


def _said_of(kind: click.ParamType) -> str:
    return next((said for one, said in _BY_TYPE.items() if isinstance(kind, one)), "")


def _is_ours(message: str) -> bool:
    """Our own sentences hold no English word of click's."""
    return not any(word in message for word in (" is not ", " is a ", " does not ", " do not "))


def _name(wrong: click.BadParameter) -> str:
    if wrong.param_hint:
        return wrong.param_hint if isinstance(wrong.param_hint, str) else "、".join(wrong.param_hint)
    if wrong.param is None:
        return ""
    return wrong.param.opts[0] if isinstance(wrong.param, click.Option) else wrong.param.make_metavar(_context(wrong))


def _context(wrong: click.BadParameter) -> click.Context:
    return wrong.ctx or click.Context(click.Command("python -m app"))


def _said(param: click.Parameter | None) -> str:
    text = getattr(param, "help", None)
    return f"（{text}）" if text else ""
