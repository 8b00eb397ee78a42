"""What is said to whoever wrote a preset file wrongly: the dotted key, what is wrong with it, and what may stand there."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_TYPES = {"int": "整数", "string": "文字，写在引号里", "bool": "true 或 false", "float": "数", "date": "日期"}
_LISTS = ("tuple", "list", "set", "frozen_set")
_BOUNDS = {"ge": "不能小于", "gt": "要大于", "le": "不能大于", "lt": "要小于"}
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def broken_toml(error: Exception) -> str:
    """A file that is no TOML: the line on which reading stopped."""
    found = _PLACE.search(str(error))
    where = f"第 {found[1]} 行第 {found[2]} 个字附近" if found else "文件末尾"
    return f"{where}写得不完整：请看看括号、引号和等号是不是成对、齐全"


def wrong_key(model: type[BaseModel], error: ValidationError) -> str:
    """The first mistake; a key that does not exist comes before the one that is missing for it."""
    every = error.errors(include_url=False)
    first = next((one for one in every if one["type"] == "extra_forbidden"), every[0])
    steps = [step for step in first["loc"] if step != "[key]"]
    return f"{'.'.join(map(str, steps))}：{_sentence(model, first)}"


def _sentence(model: type[BaseModel], fault: ErrorDetails) -> str:
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "extra_forbidden":
        return f"没有这一项，可以写 {'、'.join(_keys_at(model, fault['loc'][:-1]))}"
    if kind == "missing":
        return "缺这一项，请补上"
    if kind == "value_error":
        return str(context["error"])
    if kind in {"literal_error", "enum"}:
        return f"只能写 {str(context['expected']).replace(' or ', '、').replace(', ', '、')}"
    return _bound(kind, context) or f"类型不对，要{_wanted(kind)}"


def _bound(kind: str, context: Mapping[str, Any]) -> str | None:
    """A figure, a length or a pattern that is not kept."""
    for short, words in _BOUNDS.items():
        if short in context:
            return f"{words} {context[short]}"
    if kind == "string_pattern_mismatch":
        return f"写法不对，要合 {context['pattern']}"
    if "min_length" in context:
        return f"太少了，至少要 {context['min_length']} 个"
    return f"太多了，最多 {context['max_length']} 个" if "max_length" in context else None


def _wanted(kind: str) -> str:
    if kind.startswith(_LISTS):
        return "写成 [一个, 一个] 这样的一列"
    if kind.startswith(("model", "dict")):
        return "写成一节"
    return _TYPES.get(kind.partition("_")[0], "照别的文件那样写")


def _keys_at(kind: Any, steps: Sequence[int | str]) -> list[str]:
    """The keys that the part of a model at this place knows, as a file writes them."""
    for step in steps:
        kind = _below(_model_or_container(kind), step)
    found = _model_or_container(kind)
    fields = found.model_fields if _is_model(found) else {}
    return sorted(field.alias or name for name, field in fields.items())


def _below(kind: Any, step: int | str) -> Any:
    """What stands below one step: a field of a model, or a value of a table or list."""
    if _is_model(kind):
        fields = kind.model_fields
        return next((f.annotation for name, f in fields.items() if step in {name, f.alias}), None)
    values = [each for each in get_args(kind) if each is not Ellipsis]
    return values[-1] if values else None


def _model_or_container(kind: Any) -> Any:
    """An annotation without `Annotated` and without its None."""
    if get_origin(kind) is Annotated:
        return _model_or_container(get_args(kind)[0])
    if get_origin(kind) in (Union, types.UnionType):
        return _model_or_container(next(each for each in get_args(kind) if each is not type(None)))
    return kind


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
