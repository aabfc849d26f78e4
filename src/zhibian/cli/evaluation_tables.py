"""Results as tables on a screen (评测结果表)."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from zhibian.evaluation.results import ComparisonOut, FigureOut, MetricOut, Results, SystemOut

SIGNIFICANT = 0.05
# More systems than fit beside each other become rows.
_MOST_COLUMNS = 3
_DIGITS = {"share": 3, "count": 2, "yuan": 0, "weight": 3, "seconds": 3, "distance": 3}


def figures_table(results: Results, names: Iterable[str]) -> Table:
    """Return metrics by systems, with intervals; marks tell what the paired test tells.

    Parameters
    ----------
    results
        Of one run.
    names
        Metrics to show.
    """
    rows = list(names)
    compared = {(row.metric, row.ours): row for row in results.comparisons}
    table = Table(title=_title(results))

    def cell(name: str, system: SystemOut) -> str:
        metric = results.metrics[name]
        told = mark(compared.get((name, system.name)), metric)
        return shown(system.figures[name], metric) + told

    if len(results.systems) > _MOST_COLUMNS:
        table.add_column("系统", overflow="fold")
        for name in rows:
            table.add_column(results.metrics[name].title, justify="right", overflow="fold")
        table.add_column("题/秒", justify="right")
        for system in results.systems:
            table.add_row(system.name, *(cell(n, system) for n in rows), _pace(system))
        return table
    table.add_column("指标", overflow="fold")
    for system in results.systems:
        table.add_column(system.name, justify="right", overflow="fold")
    for name in rows:
        table.add_row(results.metrics[name].title, *(cell(name, s) for s in results.systems))
    table.add_row("题/秒", *map(_pace, results.systems))
    return table


def _pace(system: SystemOut) -> str:
    return f"{system.n / max(system.code_seconds, 1e-6):.1f}"


def shown(figure: FigureOut, metric: MetricOut) -> str:
    """Return a figure with its interval; a dash where nothing is counted."""
    if figure.value is None:
        return "—"
    digits = _DIGITS[metric.unit]
    if figure.low is None or figure.high is None:
        return f"{figure.value:.{digits}f}"
    return f"{figure.value:.{digits}f} ({figure.low:.{digits}f}–{figure.high:.{digits}f})"


def mark(row: ComparisonOut | None, metric: MetricOut) -> str:
    """Return ▲ for a system that is better than the reference by the paired test, ▼ for worse.

    A metric that should be near zero has no direction and no mark.
    """
    if row is None or row.p_holm is None or row.difference is None or metric.better == "zero":
        return ""
    if row.p_holm >= SIGNIFICANT:
        return ""
    return " ▲" if (row.difference > 0) == (metric.better == "higher") else " ▼"


def comparison_table(results: Results) -> Table:
    """Return every system against the reference: difference, interval, both p."""
    count = len(results.comparisons)
    table = Table(
        title=f"配对比较：系统 − 对照，同一批病历，95% 区间；P 按 {count} 次比较作 Holm 校正"
    )
    for column in ("系统", "对照", "指标"):
        table.add_column(column, overflow="fold")
    for column in ("差值", "P", "校正 P"):
        table.add_column(column, justify="right", overflow="fold")
    for row in results.comparisons:
        metric = results.metrics[row.metric]
        gap = FigureOut(value=row.difference, low=row.low, high=row.high)
        table.add_row(
            row.ours, row.other, metric.title, shown(gap, metric), chance(row.p), chance(row.p_holm)
        )
    return table


def seeds_table(results: Results, names: Iterable[str]) -> Table | None:
    """Return mean and standard deviation over seeds of learning systems; None without any."""
    repeated = [system for system in results.systems if system.seeds]
    if not repeated:
        return None
    table = Table(title="多个随机种子：均值 ± 标准差")
    table.add_column("指标")
    for system in repeated:
        table.add_column(f"{system.name}（{len(system.seeds)} 个种子）", justify="right")
    for name in names:
        digits = _DIGITS[results.metrics[name].unit]
        spreads = (system.spread[name] for system in repeated)
        table.add_row(
            results.metrics[name].title,
            *(
                "—"
                if s.mean is None
                else f"{s.mean:.{digits}f}"
                if s.sd is None
                else f"{s.mean:.{digits}f} ± {s.sd:.{digits}f}"
                for s in spreads
            ),
        )
    return table


def chance(p: float | None) -> str:
    """Return a p as tables show it."""
    if p is None:
        return "—"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _title(results: Results) -> str:
    task, run = results.task, results.run
    partial = f"；只取前 {run.limit} 例，试运行，不可比较" if run.limit is not None else ""
    less = f"；只学训练部分的 {run.share:.0%}" if run.share is not None else ""
    held = "，留出" if task.test.held_out else ""
    return (
        f"{task.title}（{task.id} 第 {task.version} 版）n = {task.test.n}{held}{partial}{less}；"
        f"括号内为 95% 区间"
    )
