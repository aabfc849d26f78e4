"""Scores of front pages (首页数据质量评分): 100 points less what blanks and findings cost.

An item loses its points where one of its fields is due and blank, or has a finding of a severity
that counts; items of repeated groups lose points for each entry. A class loses no more than its
limit and a part no more than its points, so that no part falls below 0.

Source: 《住院病案首页数据质量评分标准》 (国卫办医发〔2016〕24 号附件 3), as
``rules/quality/score.yaml`` has it, with what is unverified told there.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from zhibian.quality.front_page.completeness import DEPARTMENT, Filling, departments
from zhibian.quality.front_page.score_table import ScoreTable
from zhibian.records.front_page.types import ROW, PageTable

TOTAL = "total"
#: What a deduction says of an item that is blank.
BLANK = "未填"
_FULL = 100.0


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of the pages of a table (评分结果).

    Attributes
    ----------
    totals
        ``row``, ``total``, one column a section by its id; one row a page, in their order.
    deductions
        ``row``, ``section`` and ``item`` (Chinese names), ``points`` lost before limits,
        ``causes``: what is blank, and the checks behind findings.
    not_scored
        Names of items whose fields the layout lacks: nothing is deducted for them.
    """

    totals: pl.DataFrame
    deductions: pl.DataFrame
    not_scored: tuple[str, ...]


class Scorer:
    """Scores tables by a standard (评分器): made once.

    Parameters
    ----------
    table
        The standard.
    """

    def __init__(self, table: ScoreTable) -> None:
        self._table = table
        rows = [
            (section.name, section.id, f"{section.id}{part.name}", part.most, section.points, item)
            for section in table.sections
            for part in section.classes
            for item in part.items
        ]
        self._items = pl.DataFrame(
            {
                "number": range(len(rows)),
                "section": [r[0] for r in rows],
                "section_id": [r[1] for r in rows],
                "class": [r[2] for r in rows],
                "class_most": [r[3] for r in rows],
                "section_most": [r[4] for r in rows],
                "item": [r[5].name for r in rows],
                "most": [r[5].points for r in rows],
                "each": [r[5].each for r in rows],
            },
            schema_overrides={"each": pl.Float64},
        )
        self._number = {f: n for n, row in enumerate(rows) for f in row[5].fields}
        self._fields = [(row[5].name, row[5].fields) for row in rows]

    def score(self, pages: PageTable, filling: Filling, findings: pl.DataFrame) -> Scores:
        """Score pages.

        Parameters
        ----------
        pages
            The pages.
        filling
            What is due and blank on them.
        findings
            What the rules found on them, columns of
            :data:`zhibian.quality.front_page.types.FINDING_SCHEMA`.
        """
        lost = self._lost(filling, findings)
        parts = lost.group_by(ROW, "section_id", "section_most", "class", "class_most").agg(
            pl.col("points").sum()
        )
        parts = parts.with_columns(pl.min_horizontal("points", "class_most"))
        sections = parts.group_by(ROW, "section_id", "section_most").agg(pl.col("points").sum())
        sections = sections.with_columns(pl.min_horizontal("points", "section_most"))
        totals = pages.cells.select(ROW)
        for section in self._table.sections:
            part = sections.filter(pl.col("section_id") == section.id).select(
                ROW, (section.points - pl.col("points")).alias(section.id)
            )
            totals = totals.join(part, on=ROW, how="left", maintain_order="left")
            totals = totals.with_columns(pl.col(section.id).fill_null(section.points))
        ids = [section.id for section in self._table.sections]
        totals = totals.with_columns(pl.sum_horizontal(ids).alias(TOTAL)).select(ROW, TOTAL, *ids)
        there = set(pages.cells.columns) - pages.absent
        return Scores(
            totals,
            lost.select(ROW, "section", "item", "points", "causes"),
            tuple(name for name, fields in self._fields if not there & set(fields)),
        )

    def _lost(self, filling: Filling, findings: pl.DataFrame) -> pl.DataFrame:
        """Return the points that each item of each page loses, before limits."""
        counted = [severity.value for severity in self._table.counts]
        wrong = pl.concat(
            [
                filling.blanks.with_columns(cause=pl.lit(BLANK)),
                findings.filter(pl.col("severity").is_in(counted)).select(
                    ROW,
                    "field",
                    pl.col("place").cast(pl.Int64).fill_null(0),
                    pl.col("check").alias("cause"),
                ),
            ]
        )
        numbers = pl.col("field").replace_strict(self._number, default=None, return_dtype=pl.Int64)
        wrong = wrong.with_columns(number=numbers).drop_nulls("number")
        per_item = wrong.group_by(ROW, "number").agg(
            entries=pl.struct("field", "place").n_unique(),
            causes=pl.col("cause").unique(maintain_order=True).str.join("、"),
        )
        points = pl.coalesce(pl.min_horizontal(pl.col("each") * pl.col("entries"), "most"), "most")
        return (
            per_item.join(self._items, on="number", how="left")
            .with_columns(points=pl.when(pl.col("each").is_null()).then("most").otherwise(points))
            .sort(ROW, "number")
        )


class ScoreCount:
    """Keeps totals over many tables (评分统计), by department and overall.

    Parameters
    ----------
    threshold
        Totals below it are low.
    """

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold
        self._totals: list[pl.DataFrame] = []

    def add(self, pages: PageTable, scores: Scores) -> None:
        """Keep the totals of a table."""
        self._totals.append(
            scores.totals.select(pl.col(TOTAL).cast(pl.Float32)).with_columns(departments(pages))
        )

    def by_department(self) -> pl.DataFrame:
        """Return ``department``, ``pages``, ``mean``, ``median``, ``low`` (share below threshold).

        The first row, of an empty department name and ``all`` true, is over all pages.
        """
        schema = {DEPARTMENT: pl.String, TOTAL: pl.Float32}
        totals = pl.concat(
            [pl.DataFrame(schema=schema), *(t.select(DEPARTMENT, TOTAL) for t in self._totals)]
        )
        figures = (
            pl.len().alias("pages"),
            pl.col(TOTAL).mean().alias("mean"),
            pl.col(TOTAL).median().alias("median"),
            (pl.col(TOTAL) < self._threshold).mean().alias("low"),
        )
        overall = totals.select(
            pl.lit("").alias(DEPARTMENT), pl.lit(value=True).alias("all"), *figures
        )
        parts = totals.group_by(DEPARTMENT).agg(*figures).sort(DEPARTMENT)
        parts = parts.with_columns(pl.lit(value=False).alias("all")).select(overall.columns)
        return pl.concat([overall.head(1), parts], how="vertical_relaxed")
