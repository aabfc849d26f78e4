"""Case files (病例文件): JSON, or YAML for records that people write by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from zhibian.problems import InputError, Problem
from zhibian.records.case_json import Limits, decode, parse_json

SUFFIXES = (".json", ".yaml", ".yml")
_DEEPEST = 40
_REMEDY = "按病例 YAML 格式书写：缩进一致，文本用 |- 块，日期加引号"


class _TextLoader(yaml.SafeLoader):
    """A safe loader that leaves dates as they are written."""


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def case_files(folder: Path) -> list[Path]:
    """Return what is named like a case file in a folder; what is none is told when it is read."""
    return sorted(p for p in folder.iterdir() if p.suffix in SUFFIXES)


def read_raw(path: Path, limits: Limits) -> Any:
    """Return the parsed content of a case file.

    Raises
    ------
    InputError
        The file is empty, too large, not UTF-8, or neither valid JSON nor YAML.
    OSError
        The file can't be opened.
    """
    text = decode(path.read_bytes(), path.name, limits)
    return parse_json(text, path.name) if path.suffix == ".json" else parse_yaml(text, path.name)


def parse_yaml(text: str, source: str) -> Any:
    """Return parsed YAML, or raise InputError with line and column, never with the text."""
    try:
        _refuse_bombs(text, source)
        return yaml.load(text, _TextLoader)
    except yaml.MarkedYAMLError as bad:
        mark = bad.problem_mark
        place = f"第 {mark.line + 1} 行第 {mark.column + 1} 列" if mark else "文件"
        raise InputError(source, [Problem(place, "not_yaml", "不是有效的 YAML", _REMEDY)]) from None
    except yaml.YAMLError:
        problem = Problem("文件", "not_yaml", "含 YAML 不允许的字符", _REMEDY)
        raise InputError(source, [problem]) from None


def _refuse_bombs(text: str, source: str) -> None:
    """Refuse aliases and deep nesting: a few lines of them grow to any size when read."""
    depth = 0
    for event in yaml.parse(text, _TextLoader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
            message = "含 YAML 引用（*），或嵌套过深"
            raise InputError(source, [Problem("文件", "yaml_refused", message, _REMEDY)])
