"""Read definitions that people write (读取 YAML 定义): every problem of every file at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from zhibian.problems import InputError, Problem
from zhibian.records.case_file import parse_yaml


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


M = TypeVar("M", bound=BaseModel)


def read_written(folder: Path, model: type[M]) -> dict[str, M]:
    """Return the definitions of a folder by id, one a ``.yaml`` file that is named like its id.

    Raises
    ------
    InputError
        The folder is absent, or files are no valid definitions.
    """
    if not folder.is_dir():
        message = "没有这个文件夹"
        raise InputError(folder.name, [Problem("路径", "path_missing", message, "核对路径")])
    found: dict[str, M] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            one = read_definition(path, model)
        except InputError as bad:
            problems += bad.problems
            continue
        name = str(getattr(one, "id", ""))
        if name != path.stem:
            message = f"id 为 {name}，与文件名不同"
            problems.append(Problem(path.name, "id_differs", message, "文件名用 id.yaml"))
        found[name] = one
    if problems:
        raise InputError(folder.name, problems)
    return found


def read_definition(path: Path, model: type[M]) -> M:
    """Return one definition.

    Raises
    ------
    InputError
        The file can't be read, is no YAML, or does not fit; all problems at once.
    """
    try:
        raw = parse_yaml(path.read_text(encoding="utf-8"), path.name)
        return model.model_validate(raw)
    except (OSError, UnicodeDecodeError):
        problem = Problem(path.name, "file_unreadable", "文件不存在或不是 UTF-8", "核对路径与编码")
        raise InputError(path.name, [problem]) from None
    except ValidationError as bad:
        raise InputError(path.name, list(_problems(path.name, bad.errors(), model))) from None


def _problems(
    file: str, errors: Iterable[ErrorDetails], model: type[BaseModel]
) -> Iterator[Problem]:
    for error in errors:
        place = ".".join(str(part) for part in error["loc"]) or "文件"
        if error["type"] == "extra_forbidden":
            near = get_close_matches(str(error["loc"][-1]), _keys(model), n=1)
            remedy = f"是否为 {near[0]}？" if near else "删去该键，或核对写法"
            yield Problem(f"{file} {place}", "key_unknown", "没有这个键", remedy)
        elif error["type"] == "missing":
            yield Problem(f"{file} {place}", "key_missing", "缺少", "补上该键")
        else:
            told = f"不合要求（{error['type']}）"
            yield Problem(f"{file} {place}", "value_invalid", told, "见 zhibian schema 的说明")


def _keys(model: type[BaseModel]) -> set[str]:
    """Return the keys of a model and of the models inside it."""
    keys = set(model.model_fields)
    for definition in model.model_json_schema().get("$defs", {}).values():
        keys |= set(definition.get("properties", ()))
    return keys
