"""Agreement of sets of codes (编码集合的一致性): micro, macro and by record, full and cut codes."""

from __future__ import annotations

from collections.abc import Callable

from zhibian.evaluation.metrics.builders import Labels, Wording, macro, mean, micro
from zhibian.evaluation.metrics.code_parts import PartOf, diagnoses, others, procedures
from zhibian.evaluation.metrics.icd10 import category
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.procedure_levels import subcategory as procedure_subcategory

Three = tuple[Metric[CodingOutcome], Metric[CodingOutcome], Metric[CodingOutcome]]


def _counts(part_of: PartOf) -> Callable[[CodingOutcome], tuple[float, float, float]]:
    def counts(outcome: CodingOutcome) -> tuple[float, float, float]:
        part = part_of(outcome)
        return len(part.right), len(part.given), len(part.gold)

    return counts


def _labels(part_of: PartOf) -> Callable[[CodingOutcome], Labels]:
    def labels(outcome: CodingOutcome) -> Labels:
        part = part_of(outcome)
        return part.right, part.given, part.gold

    return labels


def _cut_counts(
    part_of: PartOf, level: Callable[[str], str]
) -> Callable[[CodingOutcome], tuple[float, float, float]]:
    """Return counts over codes cut to a level; two codes of one category count once."""

    def counts(outcome: CodingOutcome) -> tuple[float, float, float]:
        part = part_of(outcome)
        given, gold = set(map(level, part.given)), set(map(level, part.gold))
        return len(given & gold), len(given), len(gold)

    return counts


def _example_f1(part_of: PartOf) -> Callable[[CodingOutcome], float | None]:
    """Return F1 of one record; None where nothing is gold and nothing is given."""

    def f1(outcome: CodingOutcome) -> float | None:
        part = part_of(outcome)
        both = len(part.given) + len(part.gold)
        return 2 * len(part.right) / both if both else None

    return f1


def _surplus(part_of: PartOf) -> Callable[[CodingOutcome], float]:
    def surplus(outcome: CodingOutcome) -> float:
        part = part_of(outcome)
        return len(part.given) - len(part.gold)

    return surplus


def _family(
    name: str, title: str, part_of: PartOf, cut: str, level: Callable[[str], str]
) -> tuple[Metric[CodingOutcome], ...]:
    shown = f"{title}{_CUT_TITLES[cut]}微平均"
    *_, cut_f1 = micro(f"{name}.{cut}.micro", shown, _cut_counts(part_of, level))
    return (
        *micro(f"{name}.micro", f"{title}微平均", _counts(part_of)),
        *macro(f"{name}.macro", f"{title}宏平均", _labels(part_of)),
        mean(Wording(f"{name}.example_f1", f"{title}例均F1"), _example_f1(part_of)),
        cut_f1,
        mean(
            Wording(f"{name}.surplus", f"{title}例均多给条数", "count", "zero"),
            _surplus(part_of),
        ),
    )


_CUT_TITLES = {"category": "类目", "subcategory": "细目"}

METRICS: tuple[Metric[CodingOutcome], ...] = (
    *_family("others", "其他诊断", others, "category", category),
    *_family("procedures", "手术操作", procedures, "subcategory", procedure_subcategory),
    *_family("diagnoses", "全部诊断", diagnoses, "category", category),
)
