"""Examples of errors may hold sentences of records (错误示例): only invented ones are shown."""

from __future__ import annotations

from collections.abc import Sequence

from zhibian.evaluation.results import Results
from zhibian.problems import Problem


def refused_galleries(results: Results) -> Sequence[Problem]:
    """Return one problem for each gallery of records that are not known to be invented.

    Parameters
    ----------
    results
        Of one run; the task says whether all persons of its data set are invented.
    """
    if results.task.invented:
        return ()
    return [
        Problem(
            f"systems.{place}.gallery",
            "gallery_not_invented",
            f"数据集未标为虚构，却带有 {len(system.gallery)} 条含病历原文的错误示例",
            "从结果文件中删去该系统的 gallery，或改用登记为虚构（invented: true）的数据集",
        )
        for place, system in enumerate(results.systems)
        if system.gallery
    ]
