"""Examples of errors may hold sentences of records (错误示例): only invented ones are shown."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, zip_longest

from zhibian.evaluation.results import GalleryOut, Results
from zhibian.problems import Problem

# Examples of one system on the page; all of them stand in the results.
_MOST = 48


def selected(errors: Sequence[GalleryOut], most: int = _MOST) -> tuple[GalleryOut, ...]:
    """Return some of many errors: of each kind in turn, in the order of the results.

    Parameters
    ----------
    errors
        Of one system.
    most
        How many are wanted.
    """
    kinds: dict[tuple[str, str], list[int]] = {}
    for place, error in enumerate(errors):
        kinds.setdefault((error.part, error.error), []).append(place)
    turns = chain.from_iterable(zip_longest(*kinds.values()))
    chosen = [place for place in turns if place is not None][:most]
    return tuple(errors[place] for place in sorted(chosen))


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
