"""What a record forbids, entry conditions, time (禁编、入院病情、用时); CCL25 task score."""

from __future__ import annotations

from zhibian.evaluation.metrics.builders import Wording, mean, ratio
from zhibian.evaluation.metrics.code_parts import others
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome


def _families(outcome: CodingOutcome) -> tuple[float, float]:
    return outcome.must_not_hit, outcome.must_not_families


def _entries(outcome: CodingOutcome) -> tuple[float, float]:
    return outcome.entry_right, outcome.entry_compared


def ccl25_score(outcome: CodingOutcome) -> float:
    """Return the task score of CCL25-Eval task 8 (Acc), as `evaluation.record_coding` has it.

    Half for the principal diagnosis, half for the share of gold other diagnoses that are found;
    no gold other diagnosis counts as all found. Codes too many cost nothing.
    """
    part = others(outcome)
    principal = outcome.principal
    right = principal.given is not None and principal.given in {
        principal.gold,
        *principal.accepted,
    }
    found = len(part.right) / len(part.gold) if part.gold else 1.0
    return 0.5 * right + 0.5 * found


METRICS: tuple[Metric[CodingOutcome], ...] = (
    ratio(Wording("must_not.families", "禁编类目误编率", better="lower"), _families),
    mean(
        Wording("must_not.violations", "例均误编禁编类目数", "count", "lower"),
        lambda outcome: outcome.must_not_hit,
    ),
    ratio(Wording("entry.right", "入院病情正确率"), _entries),
    mean(Wording("ccl25.score", "CCL25任务8得分"), ccl25_score),
    mean(Wording("time.seconds", "例均用时", "seconds", "lower"), lambda outcome: outcome.seconds),
)
