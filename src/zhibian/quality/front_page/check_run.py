"""A file of front pages checked (首页质控的一次运行): chunk by chunk, then told as a whole.

Rules, completeness, score, excluded cases and cases without a group are found on each chunk; what
is listed case by case is kept on disk, what is counted is kept in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.completeness import (
    DEPARTMENT,
    CompletenessCount,
    Requirements,
    departments,
)
from zhibian.quality.front_page.completeness_file import CompletenessTable, load_completeness
from zhibian.quality.front_page.controls import Control
from zhibian.quality.front_page.excluded import ExcludedCases
from zhibian.quality.front_page.judge import Judge
from zhibian.quality.front_page.messages import with_messages
from zhibian.quality.front_page.page_codes import PageCodes
from zhibian.quality.front_page.page_groups import PageGrouper, ungrouped_pages
from zhibian.quality.front_page.score import ScoreCount, Scorer
from zhibian.quality.front_page.score_table import ScoreTable, load_score_table
from zhibian.quality.front_page.spool import Spool
from zhibian.quality.front_page.types import Gate
from zhibian.records.front_page.catalogue import Catalogue
from zhibian.records.front_page.types import ID, ROW, PageTable

FINDINGS, SUPPRESSED = "findings", "suppressed"
SCORES, EXCLUDED, UNGROUPED = "scores", "excluded", "ungrouped"
_DEDUCTIONS = "deductions"
_STATUS, _REASON = "status", "reason"


@dataclass(frozen=True, slots=True)
class CheckSetup:
    """What a check is made with (质控配置).

    Attributes
    ----------
    rules
        Folder of the rule data.
    catalogue, book
        Fields and rules.
    gate
        Judge the rules at this gate only; None for all.
    controls
        What the hospital changes about the rules.
    grouper
        Scheme and tariff; None to do without groups.
    codes
        Converts pages that are filed in another edition of codes; None for the NHSA edition.
    today
        Day on which the pages are judged.
    """

    rules: Path
    catalogue: Catalogue
    book: RuleBook
    gate: Gate | None
    controls: Sequence[Control]
    grouper: PageGrouper | None
    codes: PageCodes | None
    today: date


class CheckRun:
    """Checks tables and keeps what is found (首页质控).

    Parameters
    ----------
    setup
        What it is made with.
    spool
        Where lists of cases are kept.

    Raises
    ------
    InputError
        A file of the rule data can't be read.
    """

    def __init__(self, setup: CheckSetup, spool: Spool) -> None:
        self.setup = setup
        self.spool = spool
        self.due: CompletenessTable = load_completeness(setup.rules, setup.book, setup.catalogue)
        self.scoring: ScoreTable = load_score_table(setup.rules, setup.catalogue)
        self._judge = Judge(setup.book, setup.gate, setup.controls)
        self._requirements = Requirements(self.due, setup.book)
        self._scorer = Scorer(self.scoring)
        self._excluded = ExcludedCases(setup.rules, setup.book)
        self.completeness = CompletenessCount(setup.catalogue)
        self.scores = ScoreCount(self.scoring.threshold)
        self.rows = 0
        #: Excluded cases, and cases beyond each limit by its reason.
        self.excluded_cases = 0
        self.beyond: Counter[str] = Counter()
        #: Cases that are not excluded: all, and those with a group.
        self.counted_cases = 0
        self.entered_cases = 0
        self.statuses: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()
        self.not_judged: dict[str, tuple[str, ...]] = {}
        self.checks_not_judged: dict[str, tuple[str, ...]] = {}
        self.expired: tuple[Control, ...] = ()
        self.not_scored: tuple[str, ...] = ()
        self._by_rule: list[pl.DataFrame] = []
        self._by_check: list[pl.DataFrame] = []
        self._by_department: list[pl.DataFrame] = []

    def add(self, pages: PageTable) -> None:
        """Check a table."""
        if self.setup.codes:
            pages = self.setup.codes.convert(pages)
        self.rows += pages.cells.height
        grouped = self.setup.grouper.of(pages) if self.setup.grouper else None
        judged = self._judge.judge(
            pages,
            grouped=grouped.groups if grouped else None,
            priced=grouped.prices if grouped else None,
            today=self.setup.today,
        )
        self.not_judged |= judged.not_judged
        self.checks_not_judged |= judged.checks_not_judged
        self.expired = judged.expired
        who = pages.cells.select(ROW, ID).with_columns(departments(pages))
        self._list_findings(pages, judged.findings, judged.suppressed, who)
        filling = self._requirements.of(pages, self.setup.today)
        self.completeness.add(pages, filling)
        scores = self._scorer.score(pages, filling, judged.findings)
        self.scores.add(pages, scores)
        self.not_scored = scores.not_scored
        told = scores.deductions.group_by(ROW).agg(
            pl.format("{} −{}（{}）", "item", _points("points"), "causes")
            .str.join("；")
            .alias(_DEDUCTIONS)
        )
        listed = who.join(scores.totals, on=ROW, maintain_order="left")
        self.spool.keep(SCORES, listed.join(told, on=ROW, how="left", maintain_order="left"))
        excluded = self._excluded.of(pages, self.setup.today)
        self.excluded_cases += excluded.cases.height
        self.beyond.update(excluded.counts)
        self.spool.keep(EXCLUDED, self._of_case(excluded.cases, who))
        self.counted_cases += pages.cells.height - excluded.cases.height
        if grouped:
            counted = ~pages.cells[ROW].is_in(excluded.cases[ROW].implode())
            self.entered_cases += int((grouped.entered & counted).sum())
            left = ungrouped_pages(pages, grouped)
            self.spool.keep(UNGROUPED, self._of_case(left, who))
            self.statuses.update(_counts(grouped.groups[_STATUS]))
            self.reasons.update(_counts(left[_REASON]))

    def by_check(self) -> pl.DataFrame:
        """Return ``rule``, ``check``, ``severity``, ``findings``, ``cases``."""
        return _summed(self._by_check, ["rule", "check", "severity"])

    def by_department(self) -> pl.DataFrame:
        """Return ``department``, ``pages``, ``error``, ``warning``, ``hint``, ``wrong``.

        Counts of findings by severity, and of pages with an error.
        """
        return _summed(self._by_department, [DEPARTMENT])

    def by_rule(self) -> pl.DataFrame:
        """Return ``rule``, ``findings``, ``cases``: pages with a finding of the rule."""
        return _summed(self._by_rule, ["rule"])

    @staticmethod
    def _of_case(listed: pl.DataFrame, who: pl.DataFrame) -> pl.DataFrame:
        """Return a list of cases with the case and its department behind the row."""
        named = who.join(listed, on=ROW, how="right", maintain_order="right")
        return named.select(ROW, ID, DEPARTMENT, pl.exclude(ROW, ID, DEPARTMENT))

    def _list_findings(
        self,
        pages: PageTable,
        findings: pl.DataFrame,
        suppressed: pl.DataFrame,
        who: pl.DataFrame,
    ) -> None:
        told = with_messages(findings, pages, self.setup.book, self.setup.today)
        self.spool.keep(FINDINGS, self._of_case(told, who))
        self.spool.keep(SUPPRESSED, self._of_case(suppressed, who))
        found = findings.join(who, on=ROW, how="left", maintain_order="left")
        counts = (pl.len().alias("findings"), pl.col(ROW).n_unique().alias("cases"))
        self._by_rule.append(found.group_by("rule").agg(*counts))
        self._by_check.append(found.group_by("rule", "check", "severity").agg(*counts))
        severity = pl.col("severity")
        of_department = found.group_by(DEPARTMENT).agg(
            *((severity == name).sum().alias(name) for name in ("error", "warning", "hint")),
            pl.col(ROW).filter(severity == "error").n_unique().alias("wrong"),
        )
        pages_of = who.group_by(DEPARTMENT).agg(pl.len().alias("pages"))
        joined = pages_of.join(of_department, on=DEPARTMENT, how="left").fill_null(0)
        self._by_department.append(joined)


def _points(column: str) -> pl.Expr:
    return pl.col(column).round(2).cast(pl.String).str.replace(r"\.0$", "")


def _counts(column: pl.Series) -> dict[str, int]:
    return dict(column.drop_nulls().value_counts().iter_rows())


def _summed(parts: Sequence[pl.DataFrame], keys: Sequence[str]) -> pl.DataFrame:
    """Return counts of all parts together."""
    if not parts:
        return pl.DataFrame(schema=dict.fromkeys(keys, pl.String()))
    sums = pl.concat(parts).group_by(keys).agg(pl.exclude(keys).cast(pl.Int64).sum())
    return sums.sort(keys)
