"""Reading a locally published table of weights (读取地方公布的权重表).

What is mended on the way (spaces, short rows, zero for "none", known misprints) is told as
defects; what can't be understood stops the build with the row and the column.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from zhibian.payment.group_weight import UNGROUPED_ROW, Flag
from zhibian.payment.published.defects import Defect
from zhibian.payment.published.recipe import Recipe
from zhibian.problems import InputError, Problem

REMEDY = "检查 --facts 目录中的来源文件和 recipe.yaml"

_INNER_SPACE = re.compile(r"(?<=[^\x00-\x7f])\s+(?=[^\x00-\x7f])")


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row of a published table (原表的一行), cleaned; numbers are still text as published.

    Attributes
    ----------
    drg, name
        The group.
    weight, points, mean_cost, volume, remark
        As published; empty where there is none.
    flags
        Kinds of the group.
    standards, coefficients, low, high, rates
        By variant, only what is published.
    """

    drg: str
    name: str
    weight: str
    points: str
    flags: frozenset[Flag]
    standards: Mapping[str, str]
    coefficients: Mapping[str, str]
    low: Mapping[str, str]
    high: Mapping[str, str]
    mean_cost: str
    volume: str
    remark: str
    rates: Mapping[str, str]


class SourceTable(NamedTuple):
    """A published table (原表): its rows by code, and what was mended."""

    rows: tuple[SourceRow, ...]
    defects: tuple[Defect, ...]


def parse_table(text: str, source: str, recipe: Recipe) -> SourceTable:
    """Read a published table.

    Parameters
    ----------
    text
        Content of the file.
    source
        Its name, for problems.
    recipe
        Which column is what.

    Raises
    ------
    InputError
        A column is missing, a cell is no number, a word is unknown or a code is repeated; all
        problems at once.
    """
    reader = csv.DictReader(io.StringIO(text))
    header = reader.fieldnames or ()
    missing = [column for column in recipe.wanted_columns() if column not in header]
    _stop_on(
        source,
        [Problem(source, "column_missing", f"缺少列 {column}", REMEDY) for column in missing],
    )
    return _Reader(source, recipe).table([dict(row) for row in reader])


class _Reader:
    """Collects rows, defects and problems of one table."""

    def __init__(self, source: str, recipe: Recipe) -> None:
        self._source = source
        self._recipe = recipe
        self._defects: list[Defect] = []
        self._problems: list[Problem] = []

    def table(self, cells: Sequence[Mapping[str, str | None]]) -> SourceTable:
        rows = [self._row(number, row) for number, row in enumerate(cells, start=2)]
        for drg, times in Counter(row.drg for row in rows).items():
            if times > 1:
                self._problem(drg, "drg_repeated", "组重复", drg)
        if self._recipe.ungrouped and UNGROUPED_ROW not in {row.drg for row in rows}:
            self._problem("", "ungrouped_missing", "缺少未入组一行")
        _stop_on(self._source, self._problems)
        rows.sort(key=lambda row: row.drg)
        return SourceTable(tuple(rows), tuple(sorted(self._defects)))

    def _row(self, number: int, raw: Mapping[str, str | None]) -> SourceRow:
        recipe, columns = self._recipe, self._recipe.columns
        cells = {column: (raw[column] or "").strip() for column in recipe.wanted_columns()}
        cells[columns.name] = _INNER_SPACE.sub("", cells[columns.name])
        drg = self._code(cells[columns.drg], cells[columns.name])
        self._tell_mended(drg, raw, cells)
        where = f"第 {number} 行 {drg}"
        flags = self._flags(where, cells)
        weight = self._weight(where, drg, cells, flags)
        if not cells[columns.name]:
            self._defects.append(Defect("name_blank", drg, "名称为空"))

        def number_in(column: str | None) -> str:
            return self._number(where, column, cells[column]) if column else ""

        def by_variant(field: str, *, zero: str | None = None) -> dict[str, str]:
            found = {id: number_in(getattr(v, field)) for id, v in recipe.variants.items()}
            for id, text in found.items():
                if zero and text and Decimal(text) == 0:
                    self._defects.append(Defect(zero, drg, f"{id}：{text}"))
                    found[id] = ""
            return {id: text for id, text in found.items() if text}

        return SourceRow(
            drg=drg,
            name=cells[columns.name],
            weight=weight,
            points=number_in(columns.points),
            flags=self._with_placeholder(drg, weight, flags),
            standards=by_variant("standard", zero="amount_zero"),
            coefficients=by_variant("coefficient"),
            low=by_variant("low"),
            high=by_variant("high"),
            mean_cost=number_in(columns.mean_cost),
            volume=number_in(columns.volume),
            remark=cells[columns.remark] if columns.remark else "",
            rates={
                id: number_in(v.rate)
                for id, v in recipe.variants.items()
                if isinstance(v.rate, str) and v.rate in cells
            },
        )

    def _code(self, code: str, name: str) -> str:
        for correction in self._recipe.corrections:
            if (code, name) == (correction.code, correction.name):
                detail = f"原编码 {code}（{name}）：{correction.reason}"
                self._defects.append(Defect("code_corrected", correction.becomes, detail))
                return correction.becomes
        if code == self._recipe.ungrouped and code != UNGROUPED_ROW:
            self._defects.append(Defect("code_renamed", UNGROUPED_ROW, f"原编码 {code}"))
            return UNGROUPED_ROW
        return code

    def _tell_mended(
        self, drg: str, raw: Mapping[str, str | None], cells: Mapping[str, str]
    ) -> None:
        for column, text in cells.items():
            told = raw[column]
            if told is None:
                self._defects.append(Defect("row_short", drg, f"缺 {column}"))
            elif told != text:
                self._defects.append(Defect("stray_space", drg, f"{column}：{text}"))

    def _flags(self, where: str, cells: Mapping[str, str]) -> set[Flag]:
        flags: set[Flag] = set()
        for column, words in self._recipe.flags.items():
            word = cells[column]
            if word and word not in words:
                self._problem(f"{where} {column}", "word_unknown", "recipe.yaml 没有说明该词", word)
            flag = words.get(word)
            if flag:
                flags.add(flag)
        return flags

    def _weight(self, where: str, drg: str, cells: Mapping[str, str], flags: set[Flag]) -> str:
        """Return the weight; words and zero mean that there is none."""
        column = self._recipe.columns.weight
        if column is None:
            return ""
        text = cells[column]
        if text in self._recipe.words:
            flag = self._recipe.words[text]
            self._defects.append(Defect("weight_in_words", drg, text))
            if flag:
                flags.add(flag)
            return ""
        text = self._number(where, column, text)
        if text and Decimal(text) == 0:
            self._defects.append(Defect("weight_zero", drg, text))
            return ""
        return text

    def _with_placeholder(self, drg: str, weight: str, flags: set[Flag]) -> frozenset[Flag]:
        rule = self._recipe.placeholders
        if rule and weight == rule.weight and (drg in rule.groups or flags & set(rule.flags)):
            return frozenset((*flags, "placeholder"))
        return frozenset(flags)

    def _number(self, where: str, column: str | None, text: str) -> str:
        try:
            fits = not text or (Decimal(text).is_finite() and Decimal(text) >= 0)
        except InvalidOperation:
            fits = False
        if fits:
            return text
        self._problem(f"{where} {column}", "number_invalid", "不是数字或为负数", text)
        return ""

    def _problem(self, where: str, code: str, message: str, value: str | None = None) -> None:
        field = f"{self._source} {where}".rstrip()
        self._problems.append(Problem(field, code, message, REMEDY, value))


def _stop_on(source: str, problems: Sequence[Problem]) -> None:
    if problems:
        raise InputError(source, problems)
