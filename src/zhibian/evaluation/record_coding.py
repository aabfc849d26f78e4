"""Agreement of codes of whole records (全文编码的一致性), with the score of CCL25-Eval task 8.

Task score of a record: half for the exact principal diagnosis, half for the share of the
filed other diagnoses that are found (CCL25-Eval 任务8 中文电子病历ICD诊断编码评测 的 Acc).
The score does not punish codes too many; precision and micro-F1 stand beside it here, and
the number of codes given, without which the score means nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from zhibian.evaluation.figures import Figure, interval


@dataclass(frozen=True, slots=True)
class RecordScore:
    """Counts of one record (单份病历计数)."""

    principal_exact: bool
    hits: int
    given: int
    filed: int

    @property
    def task(self) -> float:
        """Return the task score of this record; nothing filed counts as all found."""
        found = self.hits / self.filed if self.filed else 1.0
        return 0.5 * self.principal_exact + 0.5 * found


def score_record(
    principal: str, others: Collection[str], filed_principal: str, filed_others: Collection[str]
) -> RecordScore:
    """Compare the codes given for one record with those filed."""
    given, filed = set(others), set(filed_others)
    return RecordScore(principal == filed_principal, len(given & filed), len(given), len(filed))


def task_score(scores: Sequence[RecordScore]) -> float:
    """Return the mean task score."""
    return sum(score.task for score in scores) / len(scores)


def principal_exact(scores: Sequence[RecordScore]) -> float:
    """Return the share of exact principal diagnoses."""
    return sum(score.principal_exact for score in scores) / len(scores)


def others_recall(scores: Sequence[RecordScore]) -> float:
    """Return the mean share of filed other diagnoses that are found, as the task counts it."""
    return 2 * task_score(scores) - principal_exact(scores)


def others_precision(scores: Sequence[RecordScore]) -> float:
    """Return micro-precision of the other diagnoses."""
    given = sum(score.given for score in scores)
    return sum(score.hits for score in scores) / given if given else 0.0


def others_micro_f1(scores: Sequence[RecordScore]) -> float:
    """Return micro-F1 of the other diagnoses."""
    both = sum(score.given + score.filed for score in scores)
    return 2 * sum(score.hits for score in scores) / both if both else 0.0


def others_given(scores: Sequence[RecordScore]) -> float:
    """Return how many other diagnoses are given for a record on average."""
    return sum(score.given for score in scores) / len(scores)


METRICS: dict[str, Callable[[Sequence[RecordScore]], float]] = {
    "task_score": task_score,
    "principal_exact": principal_exact,
    "others_recall": others_recall,
    "others_precision": others_precision,
    "others_micro_f1": others_micro_f1,
    "others_given": others_given,
}


def figures(scores: Sequence[RecordScore], *, seed: int, draws: int = 2000) -> dict[str, Figure]:
    """Return every metric with its 95 % percentile bootstrap interval over records."""
    dice = random.Random(seed)
    samples = [dice.choices(scores, k=len(scores)) for _ in range(draws)]
    found = {}
    for name, metric in METRICS.items():
        low, high = interval(metric(sample) for sample in samples)
        found[name] = Figure(metric(scores), low, high)
    return found


def gain(
    ours: Sequence[RecordScore], other: Sequence[RecordScore], *, seed: int, draws: int = 2000
) -> Figure:
    """Return by how much the task score of one system exceeds another's, records paired."""
    pairs = [a.task - b.task for a, b in zip(ours, other, strict=True)]
    dice = random.Random(seed)
    means = (sum(dice.choices(pairs, k=len(pairs))) / len(pairs) for _ in range(draws))
    low, high = interval(means)
    return Figure(sum(pairs) / len(pairs), low, high)
