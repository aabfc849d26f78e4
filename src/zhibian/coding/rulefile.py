"""Read YAML files of coding rules (编码规则文件), with one clear error when one can't be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from zhibian.problems import InputError, Problem

T = TypeVar("T")
# The parser in C reads the same YAML ten times faster; it is not part of every build of PyYAML.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_rule_file(rules: Path, table: Path, parse: Callable[[dict[str, Any]], T]) -> T:
    """Return what ``parse`` makes of a rule file.

    Parameters
    ----------
    rules
        Folder of the rule data.
    table
        Path of the file inside it.
    parse
        Turns the YAML mapping into frozen rules; may raise KeyError, TypeError or ValueError.

    Raises
    ------
    InputError
        The file is absent, no YAML, or lacks a part.
    """
    return read_rule_files(rules, (table,), parse)


def read_rule_files(rules: Path, tables: Sequence[Path], parse: Callable[[dict[str, Any]], T]) -> T:
    """Return what ``parse`` makes of several rule files, each a part of one mapping.

    Parameters
    ----------
    rules
        Folder of the rule data.
    tables
        Paths of the files inside it; their keys don't overlap.
    parse
        Turns the joint mapping into frozen rules; may raise KeyError, TypeError or ValueError.

    Raises
    ------
    InputError
        A file is absent or no YAML, or a part is missing.
    """
    named = tables[0] if len(tables) == 1 else tables[0].parent
    try:
        parts: dict[str, Any] = {}
        for table in tables:
            text = (rules / table).read_text(encoding="utf-8")
            parts |= yaml.load(text, Loader=_LOADER)
        return parse(parts)
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as bad:
        detail = f"{type(bad).__name__} {bad}" if isinstance(bad, KeyError) else type(bad).__name__
        raise InputError(
            named.name,
            [
                Problem(
                    str(named),
                    "rules_unreadable",
                    f"编码规则文件无法读取（{detail}）",
                    "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定",
                )
            ],
        ) from None
