"""Ranked codes (编码排序): precision and recall among the first k, mean average precision."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from zhibian.evaluation.metrics.builders import Wording, metric, quotient, table
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.resampling import Numbers

DEPTHS = (1, 3, 5, 10, 15)

#: The gold code that each ranked code hits, best first, and how many gold codes there are.
Ranked = Callable[[CodingOutcome], tuple[Sequence[str | None], int]]


def diagnoses(outcome: CodingOutcome) -> tuple[Sequence[str | None], int]:
    """Return the ranked diagnoses and the number of gold ones, the principal one among them."""
    return outcome.ranked_diagnoses, 1 + len(outcome.others_gold)


def procedures(outcome: CodingOutcome) -> tuple[Sequence[str | None], int]:
    """Return the ranked procedures and the number of gold ones."""
    return outcome.ranked_procedures, len(outcome.procedures_gold)


def hits(ranked: Sequence[str | None]) -> list[bool]:
    """Return which places of a ranking are right: a gold code counts where it is hit first."""
    seen: set[str | None] = {None}
    right = []
    for gold in ranked:
        right.append(gold not in seen)
        seen.add(gold)
    return right


def average_precision(ranked: Sequence[str | None], gold: int) -> float:
    """Return the mean, over all gold codes, of the precision where each is hit; 0 if never."""
    found, total = 0, 0.0
    for place, right in enumerate(hits(ranked), start=1):
        if right:
            found += 1
            total += found / place
    return total / gold


def _metrics(name: str, title: str, ranked: Ranked) -> tuple[Metric[CodingOutcome], ...]:
    def rows(outcomes: Sequence[CodingOutcome]) -> Numbers:
        """Return for each record: P@k and R@k for every k, average precision; 1; is ranked."""
        return table((_row(*ranked(outcome)) for outcome in outcomes), 2 * len(DEPTHS) + 3)

    def mean_of(column: int) -> Callable[[Numbers], Numbers]:
        def value(sums: Numbers) -> Numbers:
            # A system that ranks nothing at all has no ranking to be measured.
            return quotient(sums[..., column], sums[..., -2] * (sums[..., -1] > 0))

        return value

    at = [
        metric(Wording(f"ranking.{name}.{kind}@{k}", f"{title}{shown}@{k}"), rows, mean_of(column))
        for offset, (kind, shown) in enumerate((("precision", "精确率"), ("recall", "召回率")))
        for column, k in enumerate(DEPTHS, start=offset * len(DEPTHS))
    ]
    average = metric(
        Wording(f"ranking.{name}.map", f"{title}平均精确率均值（MAP）"), rows, mean_of(-3)
    )
    return (*at, average)


def _row(ranked: Sequence[str | None], gold: int) -> tuple[float, ...]:
    if not gold:
        return (0.0,) * (2 * len(DEPTHS) + 3)
    right = hits(ranked)
    found = [sum(right[:k]) for k in DEPTHS]
    return (
        *(count / k for count, k in zip(found, DEPTHS, strict=True)),
        *(count / gold for count in found),
        average_precision(ranked, gold),
        1.0,
        float(bool(ranked)),
    )


METRICS: tuple[Metric[CodingOutcome], ...] = (
    *_metrics("diagnoses", "诊断", diagnoses),
    *_metrics("procedures", "手术操作", procedures),
)
