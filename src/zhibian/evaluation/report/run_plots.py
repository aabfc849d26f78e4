"""The figures of one run by name (一次评测的全部图形), to be kept beside its results."""

from __future__ import annotations

from matplotlib.figure import Figure

from zhibian.evaluation.report import plots
from zhibian.evaluation.results import Results, SystemOut


def task_plots(results: Results) -> dict[str, Figure]:
    """Return what compares the systems: one forest plot a main metric.

    The main metrics are those that systems were compared on; of a run of one system, the first.
    """
    compared = dict.fromkeys(row.metric for row in results.comparisons)
    names = list(compared) or list(results.metrics)[:1]
    if not results.systems:
        return {}
    return {f"forest.{name}": plots.forest(results, name) for name in names}


def system_plots(system: SystemOut) -> dict[str, Figure]:
    """Return what a system's tables hold: reliability, confusion, deviation, waterfalls."""
    found: dict[str, Figure] = {}
    if system.reliability:
        found["reliability"] = plots.reliability(system.reliability)
    if system.confusion:
        found["confusion"] = plots.confusion(system.confusion)
    if system.deviation:
        found["deviation"] = plots.deviation(system.deviation)
    for told in system.waterfalls:
        found[f"waterfall.{told.path}"] = plots.waterfall(told)
    return found
