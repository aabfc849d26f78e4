"""Findings of the front-page quality rules as items of the work list (质控问题转疑点)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Literal, NamedTuple

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import Check, RuleBook
from zhibian.quality.front_page.conditions import Condition, Named, walk
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.messages import with_messages
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.types import FINDING_SCHEMA, Gate, Severity
from zhibian.records.front_page.types import ROW, PageTable
from zhibian.screening.items import ITEM_SCHEMA
from zhibian.screening.types import Alert, Suspicion
from zhibian.terminology.tables import read_yaml, sha256_of

TABLE = Path("screening") / "quality.yaml"
_REMEDY = "恢复随程序发布的 rules/screening/quality.yaml"
#: Findings with their texts and the code they are about: what a part keeps.
TOLD_SCHEMA: Mapping[str, pl.DataType] = {
    **FINDING_SCHEMA,
    "message": pl.String(),
    "remedy": pl.String(),
    "code": pl.String(),
}
_GROUPED = ("status", "mdc", "adrg", "drg", "level", "kind", "reason")
_CODED = {"C03C": "C03C", "C04N": "C03C", "C05C": "C03C", "C14C": "C14C"}
_CODED_LISTS = {"C06C": "C06C", "C07N": "C06C", "C08C": "C06C", "C35C": "C35C"}


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Grade(_Told):
    alert: Alert
    strength: float = Field(gt=0, le=1)
    listed: bool


class _Override(_Told):
    suspicion: Suspicion | None = None
    alert: Alert | None = None
    strength: float | None = Field(default=None, gt=0, le=1)
    listed: bool | None = None


class _Widespread(_Told):
    share: float = Field(gt=0, le=1)
    least_pages: int = Field(ge=1)


class QualityMap(_Told):
    """What findings become (转换口径); see the head of ``rules/screening/quality.yaml``."""

    format: Literal["zhibian-screening-quality/1"]
    severities: dict[Severity, _Grade]
    widespread: _Widespread
    fields: dict[str, Suspicion]
    rules: dict[str, _Override]
    covers: dict[str, str]


@dataclass(frozen=True, slots=True)
class QualityScreen:
    """Quality rules made ready for a screening (质控筛查).

    Attributes
    ----------
    book
        Rules that look at one page at a time; those over whole tables are left to
        ``zhibian quality``, for a part of a table would answer them otherwise.
    judge
        The rules, compiled.
    mapping
        What their findings become.
    left_out
        Rules over whole tables.
    sha256
        Of rules and mapping.
    """

    book: RuleBook
    judge: Judge
    mapping: QualityMap
    left_out: tuple[str, ...]
    sha256: str

    def covering(self, not_judged: Mapping[str, object]) -> frozenset[str]:
        """Return the signals that rules say as well, where those rules are judged."""
        there = {check.rule for check in self.book.checks} - not_judged.keys()
        return frozenset(s for s, rule in self.mapping.covers.items() if rule in there)

    def find(self, pages: PageTable, facts: pl.DataFrame, today: date) -> Found:
        """Judge pages.

        Parameters
        ----------
        pages
            The pages.
        facts
            Their facts with ``weight``, ``standard`` and ``tariff_ratio``, row by row.
        today
            Day on which they are judged.
        """
        priced = facts.select("weight", "standard", ratio="tariff_ratio")
        judgement = self.judge.judge(
            pages, grouped=facts.select(_GROUPED), priced=priced, today=today
        )
        findings = judgement.findings
        counts = findings.group_by("rule", "check").agg(found=pl.len().cast(pl.Int64))
        chosen = [rule for rule in self.book.rules if self.grade(rule).listed]
        told = with_messages(findings.filter(pl.col("rule").is_in(chosen)), pages, self.book, today)
        return Found(_with_codes(told, pages.cells), counts.sort("check"), judgement.not_judged)

    def grade(self, rule: str) -> _Grade:
        """Return alert, strength and whether findings of a rule are listed."""
        by_severity = self.mapping.severities[self.book.rules[rule].severity]
        own = self.mapping.rules.get(rule)
        given = own.model_dump(exclude_none=True, exclude={"suspicion"}) if own else {}
        return by_severity.model_copy(update=given)

    def widespread(self, counts: pl.DataFrame, pages: int) -> frozenset[str]:
        """Return the checks that most pages violate: a fault of the export, told once.

        Parameters
        ----------
        counts
            ``check`` and ``found`` of all pages.
        pages
            Number of pages.
        """
        limit = self.mapping.widespread
        if pages < limit.least_pages:
            return frozenset()
        many = counts.filter(pl.col("found") >= limit.share * pages)
        return frozenset(many["check"])

    def items(self, told: pl.DataFrame, facts: pl.DataFrame) -> pl.DataFrame:
        """Return findings as a table of items.

        Parameters
        ----------
        told
            From :meth:`find`; of pages that are not among the facts none is returned.
        facts
            Facts of the pages that are listed.
        """
        about = facts.select(ROW, "id", "department", "physician", "discharged", "drg")
        fields = {field: suspicion.value for field, suspicion in self.mapping.fields.items()}
        joined = told.join(about, on=ROW, how="inner", maintain_order="left").join(
            self._rules(), on="rule", how="left", maintain_order="left"
        )
        of_field = pl.col("field").replace_strict(fields, default=None, return_dtype=pl.String)
        coded = pl.col("code").fill_null("")
        made = joined.select(
            ROW,
            "department",
            "physician",
            "discharged",
            "alert",
            "gate",
            "strength",
            "remedy",
            case=pl.col("id"),
            suspicion=pl.coalesce("own", of_field, pl.lit(Suspicion.FRONT_PAGE.value)),
            code=coded,
            name=pl.when(coded == "").then("title").otherwise(pl.lit("")),
            rules=pl.concat_list("rule"),
            evidence=pl.concat_list("message"),
            filed_group=pl.col("drg"),
            possible_group=pl.lit(None, pl.String),
            query=pl.lit(""),
        )
        return made.select(pl.col(name).cast(kind) for name, kind in ITEM_SCHEMA.items())

    def _rules(self) -> pl.DataFrame:
        rows = []
        for rule in self.book.rules.values():
            own, grade = self.mapping.rules.get(rule.id), self.grade(rule.id)
            suspicion = own.suspicion.value if own and own.suspicion else None
            gate = next(gate for gate in Gate if gate in rule.gates)
            rows.append(
                (rule.id, rule.title, suspicion, grade.alert.value, gate.value, grade.strength)
            )
        names = ("rule", "title", "own", "alert", "gate")
        schema = {**dict.fromkeys(names, pl.String()), "strength": pl.Float64()}
        return pl.DataFrame(rows, schema, orient="row")


class Found(NamedTuple):
    """What the rules found in some pages.

    Attributes
    ----------
    told
        Findings that are listed, with their texts: columns of :data:`TOLD_SCHEMA`.
    counts
        ``rule``, ``check`` and ``found``: all findings, listed or not.
    not_judged
        Rules that can't be judged on this layout, with what it lacks.
    """

    told: pl.DataFrame
    counts: pl.DataFrame
    not_judged: Mapping[str, tuple[str, ...]]


def load_quality(rules: Path) -> QualityScreen:
    """Load the quality rules and what becomes of their findings.

    Raises
    ------
    InputError
        A rule or the mapping can't be read, or the mapping names a rule that is not there.
    """
    path = rules / TABLE
    try:
        mapping = QualityMap.model_validate(read_yaml(path, _REMEDY))
    except ValidationError as bad:
        problems = [
            Problem(str(e["loc"]), "quality_map_invalid", "转换口径不能读取", _REMEDY)
            for e in bad.errors()
        ]
        raise InputError(path.name, problems) from None
    book = load_rule_book(rules)
    unknown = sorted({*mapping.rules, *mapping.covers.values()} - book.rules.keys())
    if unknown:
        raise InputError(
            path.name,
            [Problem(id, "rule_unknown", "没有这条质控规则", _REMEDY) for id in unknown],
        )
    kept = tuple(check for check in book.checks if not _over_tables(check, book))
    left = sorted({check.rule for check in book.checks} - {check.rule for check in kept})
    single = replace(book, checks=kept)
    return QualityScreen(single, Judge(single), mapping, tuple(left), sha256_of(path))


def _over_tables(check: Check, book: RuleBook) -> bool:
    return any(
        book.computations[part.name].whole_table
        for condition in _conditions(check)
        for part in walk(condition)
        if isinstance(part, Named)
    )


def _conditions(check: Check) -> Iterator[Condition]:
    yield check.when
    for demand in check.demands:
        yield demand.when
        yield demand.must


def _with_codes(told: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return findings with the code that the field to be mended belongs to."""
    columns = sorted({*_CODED.values(), *_CODED_LISTS.values()} & set(cells.columns))
    joined = told.join(cells.select(ROW, *columns), on=ROW, how="left", maintain_order="left")
    code = pl.lit(None, pl.String)
    for field, column in _CODED.items():
        if column in columns:
            code = pl.when(pl.col("field") == field).then(pl.col(column)).otherwise(code)
    for field, column in _CODED_LISTS.items():
        if column in columns:
            entry = pl.col(column).list.get(pl.col("place") - 1, null_on_oob=True)
            code = pl.when(pl.col("field") == field).then(entry).otherwise(code)
    return joined.with_columns(code=code).select(
        pl.col(name).cast(kind) for name, kind in TOLD_SCHEMA.items()
    )
