"""Ranked codes (编码排序): precision and recall among the first k, mean average precision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from zhibian.evaluation.metrics.builders import Wording, metric, quotient, table
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.resampling import Numbers

DEPTHS = (1, 3, 5, 10, 15)

#: The gold code that each ranked code hits, best first, and the gold codes that count.
Ranked = Callable[[CodingOutcome], tuple[Sequence[str | None], frozenset[str]]]


def diagnoses(outcome: CodingOutcome) -> tuple[Sequence[str | None], frozenset[str]]:
    """Return the ranked diagnoses and the gold ones, the principal one among them."""
    others = {code.code for code in outcome.others_gold}
    return outcome.ranked_diagnoses, frozenset({outcome.principal.gold, *others})


def procedures(outcome: CodingOutcome) -> tuple[Sequence[str | None], frozenset[str]]:
    """Return the ranked procedures and the gold ones."""
    return outcome.ranked_procedures, frozenset(code.code for code in outcome.procedures_gold)


def hits(ranked: Sequence[str | None], gold: Collection[str]) -> list[bool]:
    """Return which places of a ranking are right.

    A gold code counts where it is hit first. One that doesn't count, of a neutral family that
    the page left out, is neither right nor wrong: its place is left out.
    """
    places = [code for code in ranked if code is None or code in gold]
    left = set(gold)
    right = []
    for code in places:
        right.append(code in left)
        left.discard(code or "")
    return right


def average_precision(right: Sequence[bool], gold: int) -> float:
    """Return the mean, over all gold codes, of the precision where each is hit; 0 if never."""
    found, total = 0, 0.0
    for place, hit in enumerate(right, start=1):
        if hit:
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


def _row(ranked: Sequence[str | None], gold: frozenset[str]) -> tuple[float, ...]:
    if not gold:
        return (0.0,) * (2 * len(DEPTHS) + 3)
    right = hits(ranked, gold)
    found = [sum(right[:k]) for k in DEPTHS]
    return (
        *(count / k for count, k in zip(found, DEPTHS, strict=True)),
        *(count / len(gold) for count in found),
        average_precision(right, len(gold)),
        1.0,
        float(bool(ranked)),
    )


METRICS: tuple[Metric[CodingOutcome], ...] = (
    *_metrics("diagnoses", "诊断", diagnoses),
    *_metrics("procedures", "手术操作", procedures),
)
