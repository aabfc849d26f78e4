"""What identifies a person, as data (去标识化规则): ``rules/deidentify``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_text, read_yaml

FOLDER = "deidentify"
PATTERNS = "patterns.yaml"
SURNAMES = "surnames.txt"
FORMAT = "zhibian-deidentify/1"
_REMEDY = "从版本库恢复 rules/deidentify"

Kind = Literal["name", "id_card", "phone", "address", "organisation", "record_number", "contact"]
KINDS: tuple[Kind, ...] = get_args(Kind)

#: A character that a given name can have; compound names of minorities keep their dot.
_HAN = "[\u4e00-\u9fff]"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way in which an identifier is written: its first group, or all of it, is replaced."""

    kind: Kind
    regex: re.Pattern[str]
    checked: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the finder needs (去标识化规则).

    Attributes
    ----------
    titles
        Kind to the Chinese word that stands for it in the text.
    patterns
        In their order: what an earlier one takes, a later one leaves.
    named
        Patterns of names by what stands around them; the group ``names`` holds one or more.
    one_name
        A whole name, to split a list of names.
    not_names
        Words that look like names.
    generic
        Words before 医院 that name no hospital.
    """

    titles: Mapping[Kind, str]
    patterns: tuple[Pattern, ...]
    named: tuple[re.Pattern[str], ...]
    one_name: re.Pattern[str]
    not_names: tuple[str, ...]
    generic: frozenset[str]


def load_rules(rules: Path) -> Rules:
    """Read the rules of de-identification.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        A file is absent, of another format, or a pattern is no pattern.
    """
    folder = rules / FOLDER
    told = read_yaml(folder / PATTERNS, _REMEDY)
    lines = read_text(folder / SURNAMES, _REMEDY).splitlines()
    surnames = [name for line in lines if not line.startswith("#") for name in line.split()]
    try:
        if told["format"] != FORMAT or set(told["kinds"]) != set(KINDS):
            raise ValueError(FORMAT)
        return _rules(told, sorted(set(surnames), key=lambda name: (-len(name), name)))
    except (KeyError, TypeError, ValueError, re.error):
        problem = Problem(PATTERNS, "deidentify_invalid", "去标识化规则缺项或写法无效", _REMEDY)
        raise InputError(PATTERNS, [problem]) from None


def _rules(told: Mapping[str, Any], surnames: Sequence[str]) -> Rules:
    names = told["names"]
    surname = f"(?:{'|'.join(surnames)})"
    titles = _either(names["titles"])
    # A given name is one character where a title or a further word follows it, else up to two.
    given = f"{_HAN}(?={titles}|{_either(names['follows'])}|[^\u4e00-\u9fff]|$)|{_HAN}{{2}}"
    name = f"(?:{_HAN}{{1,6}}·{_HAN}{{1,6}}|{surname}(?:{given}))"
    return Rules(
        titles=told["kinds"],
        patterns=tuple(
            Pattern(entry["kind"], re.compile(entry["pattern"]), entry.get("check") == "id_card")
            for entry in told["patterns"]
        ),
        named=(
            re.compile(
                rf"(?:{_either(names['labels'])})(?:（[^）]{{1,6}}）)?[:：]\s*"
                rf"(?P<names>{name}(?:\s*[、/，,和及]\s*{name}|\s+{name})*)"
            ),
            re.compile(
                rf"(?:{_either(names['before'])})[:：，,\s]?(?P<names>{name})"
                rf"(?={'|'.join(names['after'])})"
            ),
            re.compile(rf"(?:^|[\n。；;])\s*(?P<names>{name})(?={'|'.join(names['after'][:2])})"),
            re.compile(
                rf"(?:^|[\s，,。；;：:、（(/]|{_either(names['leads'])})"
                rf"(?P<names>{surname}{_HAN}{{0,2}}?)(?=\s?(?:{titles}))"
            ),
            re.compile(rf"(?:{titles})(?P<names>{name})(?=[\s：:，,。；;、]|$)"),
        ),
        one_name=re.compile(name),
        not_names=tuple(names["not_names"]),
        generic=frozenset(told["generic_organisations"]),
    )


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))
