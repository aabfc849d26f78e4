"""Read a YAML file of coding rules (编码规则文件), with one clear error when it can't be read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import yaml

from zhibian.problems import InputError, Problem

T = TypeVar("T")


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
    try:
        return parse(yaml.safe_load((rules / table).read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as bad:
        detail = f"{type(bad).__name__} {bad}" if isinstance(bad, KeyError) else type(bad).__name__
        raise InputError(
            table.name,
            [
                Problem(
                    str(table),
                    "rules_unreadable",
                    f"编码规则文件无法读取（{detail}）",
                    "恢复随程序发布的 rules 文件夹，或用 ZHIBIAN_RULES 指定",
                )
            ],
        ) from None
