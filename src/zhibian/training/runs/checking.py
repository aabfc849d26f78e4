"""Check mappings against a schema (配置核对): every problem at once, slips with the nearest key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from zhibian.problems import Problem

M = TypeVar("M", bound=BaseModel)

_REMEDY = "对照 docs/training.md 修改配置"
_MESSAGES = {
    "missing": "缺少这一项",
    "literal_error": "取值不在可选范围",
    "greater_than": "数值太小",
    "greater_than_equal": "数值太小",
    "less_than": "数值太大",
    "less_than_equal": "数值太大",
    "too_short": "至少要有一项",
    "int_from_float": "应为整数",
    "int_parsing": "应为整数",
    "int_type": "应为整数",
    "float_parsing": "应为数字",
    "float_type": "应为数字",
    "bool_parsing": "应为 true 或 false",
    "bool_type": "应为 true 或 false",
    "string_type": "应为文字",
    "path_type": "应为路径",
    "dict_type": "应为键值对",
    "model_type": "应为键值对",
    "list_type": "应为列表",
    "tuple_type": "应为列表",
}
_LIMITS = ("expected", "gt", "ge", "lt", "le")


def check(model: type[M], raw: object, where: str) -> tuple[M | None, list[Problem]]:
    """Read a mapping as a schema.

    Parameters
    ----------
    model
        The schema.
    raw
        What was written.
    where
        Path of the mapping in the file, such as ``search``; empty for the file itself.

    Returns
    -------
    tuple
        What was read, None where something is wrong; all problems.
    """
    try:
        return model.model_validate(raw), []
    except ValidationError as bad:
        return None, list(_problems(bad, model, where))


def unknown_key(key: str, known: Mapping[str, Any] | set[str], where: str) -> Problem:
    """Return the problem of a key that there is not, with the nearest that there is."""
    near = get_close_matches(key, list(known), n=1, cutoff=0.5)
    meant = f"是否指 {near[0]}？" if near else ""
    remedy = f"{meant}可用：{'、'.join(known)}"
    return Problem(_joined(where, key), "key_unknown", "没有这个键", remedy)


def _problems(bad: ValidationError, model: type[BaseModel], where: str) -> Iterator[Problem]:
    for error in bad.errors(include_url=False):
        path = [str(part) for part in error["loc"]]
        if error["type"] == "extra_forbidden":
            above = _joined(where, *path[:-1])
            yield unknown_key(path[-1], _model_at(model, path[:-1]).model_fields, above)
            continue
        context = error.get("ctx", {})
        if error["type"] == "value_error":
            message = str(context["error"])
        else:
            message = _MESSAGES.get(error["type"], "取值不正确")
            limit = next((str(context[name]) for name in _LIMITS if name in context), None)
            message = message if limit is None else f"{message}（{limit.replace(' or ', ' 或 ')}）"
        given = error["input"]
        shown = str(given) if isinstance(given, str | int | float) else None
        code = "key_missing" if error["type"] == "missing" else "value_invalid"
        yield Problem(_joined(where, *path) or "配置", code, message, _REMEDY, shown)


def _model_at(model: type[BaseModel], path: list[str]) -> type[BaseModel]:
    """Return the schema of a nested mapping."""
    for name in path:
        field = model.model_fields.get(name)
        inner = None if field is None else field.annotation
        options = getattr(inner, "__args__", (inner,))
        found = [o for o in options if isinstance(o, type) and issubclass(o, BaseModel)]
        model = found[0] if found else model
    return model


def _joined(*parts: str) -> str:
    return ".".join(part for part in parts if part)
