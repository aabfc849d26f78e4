"""Read rule files (质控规则文件的读入): strict, and every mistake of every file told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import Check, RuleBook, folder_of, in_order
from zhibian.quality.front_page.computations import Computation, Kind, Resources
from zhibian.quality.front_page.computations.registry import COMPUTATIONS
from zhibian.quality.front_page.condition_reader import ConditionReader
from zhibian.quality.front_page.conditions import ALWAYS, Condition, Demand, Named, walk
from zhibian.quality.front_page.expansion import (
    GONE,
    KEY,
    SHOWN,
    Row,
    expansion_rows,
    filled_in,
    names_left,
    put_in,
)
from zhibian.quality.front_page.names import load_names
from zhibian.quality.front_page.quantities import QUANTITIES
from zhibian.quality.front_page.types import Gate, QualityRule, Severity
from zhibian.quality.front_page.vocabulary import Vocabulary

RULE_FILES = "rules"
README = "rules/quality/README.md"

_ID = re.compile(r"[A-Z]\d{2}")
_NEEDED = ("id", "title", "severity", "gates", "source", "message", "remedy")
_KNOWN = frozenset((*_NEEDED, "when", "must", "field", "notes", "needs", "for"))


def load_rule_book(rules: Path) -> RuleBook:
    """Read all quality rules.

    Parameters
    ----------
    rules
        Folder of the rule data with ``quality/rules/*.yaml``.

    Returns
    -------
    RuleBook
        Rules in the order of their ids, with their checks.

    Raises
    ------
    InputError
        Every mistake of every file, each with file, rule, key and remedy.
    """
    folder = folder_of(rules)
    names, problems = load_names(rules, frozenset(QUANTITIES), frozenset(COMPUTATIONS))
    found: dict[str, _ReadRule] = {}
    for path in sorted((folder / RULE_FILES).glob("*.yaml")):
        reader = _RuleFile(path.name, folder, names, COMPUTATIONS)
        rule = reader.read(path)
        problems += reader.problems
        if rule is not None:
            found[rule.rule.id] = rule
    if not found and not problems:
        problems.append(
            Problem(
                str(RULE_FILES),
                "rules_missing",
                "没有质控规则文件",
                f"补上规则文件，写法见 {README}",
            )
        )
    if problems:
        raise InputError("rules/quality", problems)
    ids = in_order(found)
    return RuleBook(
        rules={id: found[id].rule for id in ids},
        checks=tuple(check for id in ids for check in found[id].checks),
        names=names,
        computations=COMPUTATIONS,
        resources=Resources(rules),
    )


@dataclass(frozen=True, slots=True)
class _ReadRule:
    rule: QualityRule
    checks: tuple[Check, ...]


class _RuleFile:
    """Reads one rule file and keeps what is wrong with it."""

    def __init__(
        self, name: str, folder: Path, names: Vocabulary, computations: Mapping[str, Computation]
    ) -> None:
        self._name = name
        self._folder = folder
        self._names = names
        self._computations = computations
        self.problems: list[Problem] = []

    def _bad(self, key: str, message: str, remedy: str = f"按 {README} 改正") -> None:
        at = f"{self._name} {key}".strip()
        self.problems.append(Problem(at, "rule_invalid", message, remedy))

    def read(self, path: Path) -> _ReadRule | None:
        try:
            data = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)
        except (OSError, UnicodeDecodeError):
            self._bad("", "文件不可读或不是 UTF-8", "改存为 UTF-8")
            return None
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f"第 {mark.line + 1} 行" if mark is not None else ""
            self._bad(line, f"不是有效的 YAML：{getattr(error, 'problem', '')}")
            return None
        if not isinstance(data, dict):
            self._bad("", "应为键值结构")
            return None
        return self._rule(path.stem, data)

    def _rule(self, stem: str, data: Mapping[str, Any]) -> _ReadRule | None:
        before = len(self.problems)
        unknown = sorted(str(key) for key in data.keys() - _KNOWN)
        if unknown:
            self._bad("", f"不认识的键：{'、'.join(unknown)}；可用：{'、'.join(sorted(_KNOWN))}")
        for key in _NEEDED:
            if not data.get(key):
                self._bad(key, "必填")
        for key in ("title", "source", "message", "remedy", "notes"):
            if key in data and not isinstance(data[key], str):
                self._bad(key, "应为文本（含冒号、花括号或以数字开头的文本须加引号）")
        id = str(data.get("id", ""))
        if id != stem or not _ID.fullmatch(id):
            self._bad("id", f"应为一个大写字母加两位数字，并与文件名 {stem} 相同")
        severity = self._severity(data.get("severity"))
        gates = self._gates(data.get("gates"))
        documents = self._documents(data)
        if len(self.problems) > before:
            return None
        checks = () if documents else self._checks(id, data)
        if len(self.problems) > before or severity is None:
            return None
        rule = QualityRule(
            id=id,
            title=data["title"],
            severity=severity,
            gates=gates,
            message=data["message"],
            remedy=data["remedy"],
            source=data["source"],
            checks=len(checks),
            notes=data.get("notes", ""),
            needs_documents=documents,
        )
        return _ReadRule(rule, checks)

    def _severity(self, data: object) -> Severity | None:
        if data in tuple(Severity):
            return Severity(str(data))
        self._bad("severity", f"应为 {'、'.join(Severity)} 之一")
        return None

    def _gates(self, data: object) -> frozenset[Gate]:
        if not isinstance(data, list) or not data or not all(g in tuple(Gate) for g in data):
            self._bad("gates", f"应为列表，每项为 {'、'.join(Gate)} 之一")
            return frozenset()
        return frozenset(Gate(g) for g in data)

    def _documents(self, data: Mapping[str, Any]) -> bool:
        """Tell whether the rule is judged over documents, so that it has no conditions."""
        needs = data.get("needs")
        if needs not in (None, "documents", ["documents"]):
            self._bad("needs", "只能为 documents；分组与支付结果由条件自行说明")
        if needs is not None:
            for key in ("when", "must", "for", "field"):
                if key in data:
                    self._bad(key, "需要病历文书的规则不写条件")
        elif not isinstance(data.get("must"), dict):
            self._bad("must", "必填，应为条件")
        return needs is not None

    def _checks(self, id: str, data: Mapping[str, Any]) -> tuple[Check, ...]:
        rows: list[Row] = [{}]
        if "for" in data:
            rows, wrong = expansion_rows(
                f"{self._name} for", data["for"], self._folder, self._names
            )
            self.problems += wrong
        checks = [self._check(id, data, row) for row in rows]
        return tuple(c for c in checks if c is not None)

    def _check(self, id: str, data: Mapping[str, Any], row: Row) -> Check | None:
        at = f"[{row[KEY]}]" if row else ""
        reader = ConditionReader(self._names)
        before = len(self.problems)
        when: Condition | None = ALWAYS
        asked = filled_in(data.get("when"), row)
        if asked is not None and asked is not GONE:
            when = reader.condition(f"{self._name} when{at}", asked)
        demands = reader.demands(f"{self._name} must{at}", filled_in(data["must"], row))
        self.problems += reader.problems
        if when is None or not demands:
            return None
        field = put_in(str(data.get("field", "")), row)
        self._check_field(at, field, demands)
        self._check_computations(at, when, demands)
        # A parameter may hold a parameter: a message of a row names its columns.
        message, remedy = (put_in(put_in(data[key], row), row) for key in ("message", "remedy"))
        for key, text in (("message", message), ("remedy", remedy)):
            for name in sorted(names_left([text])):
                self._check_shown(f"{key}{at}", name)
        if len(self.problems) > before:
            return None
        return Check(
            id=f"{id}/{row[KEY]}" if row else id,
            rule=id,
            when=when,
            demands=demands,
            field=field,
            message=message,
            remedy=remedy,
            parameters=row,
        )

    def _check_shown(self, at: str, name: str) -> None:
        fields = self._names.fields
        if fields.is_personal(name) or fields.is_list(name):
            self._bad(at, f"花括号中的 {name} 是个人信息或重复项，不能显示", "删去，或改用 {code}")
        elif not (name in SHOWN or name in QUANTITIES or name in fields):
            self._bad(at, f"花括号中的 {name} 不是参数、字段或派生量")

    def _check_field(self, at: str, field: str, demands: tuple[Demand, ...]) -> None:
        if field:
            if field not in self._names.fields:
                self._bad(f"field{at}", f"没有字段 {field}", "改用首页字段目录中的字段号")
            return
        told = all(d.field or self._finds_itself(d) for d in demands)
        if not told:
            self._bad(f"field{at}", "必填：须改正的字段")

    def _finds_itself(self, demand: Demand) -> bool:
        must = demand.must
        return isinstance(must, Named) and self._computations[must.name].kind is Kind.FINDINGS

    def _check_computations(self, at: str, when: Condition, demands: tuple[Demand, ...]) -> None:
        alone = {id(d.must) for d in demands if not d.each}
        parts = [when, *(d.when for d in demands), *(d.must for d in demands)]
        for condition in (c for part in parts for c in walk(part)):
            if not isinstance(condition, Named):
                continue
            computation = self._computations[condition.name]
            given = condition.given.keys()
            lacking = sorted(computation.parameters - given)
            extra = sorted(given - computation.parameters - computation.options)
            if lacking or extra:
                self._bad(
                    f"with{at}",
                    f"{condition.name} 缺少参数 {lacking}、多出参数 {extra}",
                )
            if computation.kind is Kind.FINDINGS and id(condition) not in alone:
                self._bad(f"must{at}", f"{condition.name} 自行给出问题位置，只能单独作 must")


class _StrictLoader(yaml.CSafeLoader):
    """A loader that refuses a key given twice: YAML would drop the first one in silence."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key, _ in node.value:
            name = key.value
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"键 {name} 重复", key.start_mark
                )
            seen.add(name)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found
