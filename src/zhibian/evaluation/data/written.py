"""Read definitions that people write (读取 YAML 定义): every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import parse_yaml

Definition = TypeVar("Definition", TaskSpec, DatasetSpec)


def read_written(folder: Path, model: type[Definition]) -> dict[str, Definition]:
    """Return the definitions of a folder by id, one a ``.yaml`` file that is named like its id.

    Raises
    ------
    InputError
        The folder is absent, or files are no valid definitions.
    """
    if not folder.is_dir():
        problem = Problem("路径", "path_missing", "没有这个文件夹", "核对路径")
        raise InputError(folder.name, [problem])
    found: dict[str, Definition] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            one = read_definition(path, model)
        except InputError as bad:
            problems += bad.problems
            continue
        if one.id != path.stem:
            message = f"id 为 {one.id}，与文件名不同"
            problems.append(Problem(path.name, "id_differs", message, f"文件名改为 {one.id}.yaml"))
        found[one.id] = one
    if problems:
        raise InputError(folder.name, problems)
    return found


def read_definition(path: Path, model: type[Definition]) -> Definition:
    """Return one definition.

    Raises
    ------
    InputError
        The file can't be read, is no YAML, or does not fit; all problems at once.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        problem = Problem(path.name, "file_unreadable", "文件不存在或不是 UTF-8", "核对路径与编码")
        raise InputError(path.name, [problem]) from None
    try:
        return model.model_validate(parse_yaml(text, path.name))
    except InputError as bad:
        named = [replace(p, field=f"{path.name} {p.field}") for p in bad.problems]
        raise InputError(path.name, named) from None
    except ValidationError as bad:
        problems = list(_problems(path.name, bad.errors(include_input=False), model))
        raise InputError(path.name, problems) from None


def _problems(
    file: str, errors: Iterable[ErrorDetails], model: type[BaseModel]
) -> Iterator[Problem]:
    for error in errors:
        place = f"{file} {'.'.join(str(part) for part in error['loc']) or '文件'}"
        context = error.get("ctx", {})
        if error["type"] == "extra_forbidden":
            near = get_close_matches(str(error["loc"][-1]), _keys(model), n=1)
            remedy = f"是否为 {near[0]}？" if near else "删去该键，或核对写法"
            yield Problem(place, "key_unknown", "没有这个键", remedy)
        elif error["type"] == "missing":
            yield Problem(place, "key_missing", "缺少这个键", "补上该键")
        elif error["type"] == "value_error":
            yield Problem(place, "value_invalid", str(context["error"]), "改正该项")
        elif error["type"] == "literal_error":
            yield Problem(place, "value_invalid", "不在可用值之内", f"用 {context['expected']}")
        elif error["type"] == "string_pattern_mismatch":
            yield Problem(place, "value_invalid", "写法不合要求", f"须符合 {context['pattern']}")
        else:
            remedy = "核对类型，见 zhibian schema task 与 zhibian schema dataset"
            yield Problem(place, "value_invalid", f"不合要求（{error['type']}）", remedy)


def _keys(model: type[BaseModel]) -> set[str]:
    """Return the keys of a model and of the models inside it."""
    keys = set(model.model_fields)
    for definition in model.model_json_schema().get("$defs", {}).values():
        keys |= set(definition.get("properties", ()))
    return keys
