"""Results in a notebook (笔记本中的评测结果): tables in Chinese, and series for curves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from zhibian.evaluation.experiments.error_injection import CURVES
from zhibian.evaluation.experiments.spec import RunResult
from zhibian.evaluation.injection.effects import Point
from zhibian.evaluation.report.gallery import selected
from zhibian.evaluation.report.phrases import label
from zhibian.evaluation.report.plots import CurvePoint
from zhibian.evaluation.report.tables import cells, comparison_rows, metric_title
from zhibian.evaluation.results import FigureOut, Results, SystemOut
from zhibian.notebook_table import NotebookTable

_PARTS = {
    "principal": "主要诊断",
    "others": "其他诊断",
    "procedures": "手术操作",
    "must_not": "禁忌编码",
    "group": "病组",
}
_ERRORS = {"missed": "漏", "wrong": "错", "forbidden": "不应编", "other_group": "入错组"}
_QUOTES = 2


def figures(results: Results, names: Sequence[str]) -> NotebookTable:
    """Return metrics over the systems of a run, each with its 95 % interval.

    Parameters
    ----------
    results
        Of one run.
    names
        Metrics, in this order; those that the run does not have are left out.
    """
    told = [name for name in names if name in results.metrics]
    partial = "" if results.run.limit is None else f"，{label('mark.partial').zh}"
    return NotebookTable(
        f"{results.task.title}（n = {results.task.test.n:,}{partial}）",
        ("指标", *(system.name for system in results.systems)),
        [
            (
                metric_title(name, results.metrics[name]).zh,
                *(
                    f"{cell.value}\n（{cell.interval}）"
                    for cell in cells(
                        [system.figures.get(name) for system in results.systems],
                        results.metrics[name],
                    )
                ),
            )
            for name in told
        ],
    )


def by_system(results: Results, names: Sequence[str]) -> NotebookTable:
    """Return the same with a row a system, for many systems and few metrics."""
    told = figures(results, names)
    titles, *columns = zip(*told.rows, strict=True)
    rows = [(name, *column) for name, column in zip(told.header[1:], columns, strict=True)]
    return NotebookTable(told.caption, ("系统", *map(str, titles)), rows)


def comparisons(results: Results) -> NotebookTable:
    """Return the paired comparisons: differences with intervals and corrected p values."""
    return NotebookTable(
        "配对比较（配对自助法区间，配对置换检验，Holm 校正）",
        ("指标", "系统", "对照", "差值（95% 区间）", "单位", "P", "校正 P"),
        [
            (row.metric.zh, row.ours, row.other, row.difference, row.unit.zh, row.p, row.holm)
            for row in comparison_rows(results)
        ],
    )


def errors(system: SystemOut, most: int) -> NotebookTable:
    """Return some errors of a system with what the record says; invented records only.

    Parameters
    ----------
    system
        Of a run on invented records.
    most
        How many, each kind in turn.
    """
    return NotebookTable(
        f"{system.name}：错误示例（共 {len(system.gallery):,} 处，列 {most}）",
        ("病例", "位置", "错误", "金标准", "给出", "置信度", "金标准依据", "系统依据"),
        [
            (
                error.record,
                _PARTS[error.part],
                _ERRORS[error.error],
                f"{error.gold or ''} {error.gold_name}".strip(),
                f"{error.given or ''} {error.given_name}".strip(),
                error.confidence,
                "\n".join(quote.quote for quote in error.gold_evidence[:_QUOTES]),
                "\n".join(quote.quote for quote in error.evidence[:_QUOTES]),
            )
            for error in selected(system.gallery, most)
        ],
    )


def injected(points: Iterable[Point], figure: str) -> dict[str, list[CurvePoint]]:
    """Return one curve a kind of error.

    Parameters
    ----------
    points
        Of :func:`zhibian.evaluation.injection.effects.curves`.
    figure
        Such as ``payment.mean``.
    """
    series: dict[str, list[CurvePoint]] = {}
    for point in points:
        found = point.figures[figure]
        told = FigureOut(value=found.value, low=found.low, high=found.high)
        series.setdefault(point.title, []).append(CurvePoint(point.rate, told))
    return series


def published(run: RunResult, figure: str, errors: Sequence[str]) -> dict[str, list[CurvePoint]]:
    """Return the curves of a published run that spoilt pages, as :func:`injected` does.

    Parameters
    ----------
    run
        One run of an experiment.
    figure
        Such as ``payment.mean``.
    errors
        Kinds of errors that are wanted.
    """
    series: dict[str, list[CurvePoint]] = {}
    for row in run.tables[CURVES]:
        if row["error"] in errors:
            told = FigureOut.model_validate(
                {"value": row[figure], "low": row[f"{figure}.low"], "high": row[f"{figure}.high"]}
            )
            point = CurvePoint(float(str(row["rate"])), told)
            series.setdefault(str(row["title"]), []).append(point)
    return series
