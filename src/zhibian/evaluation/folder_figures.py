"""Agreement on a folder of case files (文件夹评测): the scoring and metrics of coding tasks.

The names are those of ``zhibian evaluate FOLDER``, which was there before the tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from zhibian.evaluation.coders.interface import RecordQuestion
from zhibian.evaluation.coders.pipeline import PipelineCoder
from zhibian.evaluation.coders.steps import System
from zhibian.evaluation.data.digests import digest_of_case
from zhibian.evaluation.examples import Example
from zhibian.evaluation.kinds.coding_outcome import coding_outcome
from zhibian.evaluation.kinds.page_groups import NHSA, page_groups
from zhibian.evaluation.metrics.coding import METRICS
from zhibian.evaluation.metrics.metric import Estimate, Metric, estimates
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.metrics.resampling import total
from zhibian.evaluation.questions import RecordGold
from zhibian.records.case_json import ReadCase

_BY_NAME = {metric.name: metric for metric in METRICS}
FIGURES: Mapping[str, Metric[CodingOutcome]] = {
    "principal exact": _BY_NAME["principal.exact"],
    "principal 3-character": _BY_NAME["principal.3"],
    "others precision": _BY_NAME["others.micro_precision"],
    "others recall": _BY_NAME["others.micro_recall"],
    "others F1": _BY_NAME["others.micro_f1"],
    "procedures precision": _BY_NAME["procedures.micro_precision"],
    "procedures recall": _BY_NAME["procedures.micro_recall"],
    "procedures F1": _BY_NAME["procedures.micro_f1"],
    "DRG exact": _BY_NAME["group.drg"],
    "must-not violations per case": _BY_NAME["must_not.violations"],
    "must-not families": _BY_NAME["must_not.families"],
    "entry condition": _BY_NAME["entry.right"],
    "calibration error": _BY_NAME["calibration.ece"],
}


def outcomes_of(
    system: System, cases: Sequence[tuple[ReadCase, Mapping[str, Any]]]
) -> list[CodingOutcome]:
    """Return what a system does on records; groups are those of its rule pack.

    Parameters
    ----------
    system
        Rules, models, and how codes are proposed.
    cases
        Records with their gold blocks, which the system does not see.
    """
    groups = page_groups(system.reviewer, NHSA)
    examples = [_example(read, gold) for read, gold in cases]
    coder = PipelineCoder(system.name, system.name, system.reviewer.knowledge, system.proposer)
    pages = coder.code([example.question for example in examples])
    return [
        coding_outcome(example, page, groups) for example, page in zip(examples, pages, strict=True)
    ]


def figures_of(outcomes: Sequence[CodingOutcome], *, seed: int, draws: int) -> dict[str, Estimate]:
    """Return every figure with its bootstrap interval over records."""
    records = [outcome.record for outcome in outcomes]
    found = estimates(list(FIGURES.values()), outcomes, records, seed=seed, draws=draws)
    return {name: found[metric.name] for name, metric in FIGURES.items()}


def value_of(name: str, outcomes: Sequence[CodingOutcome]) -> float:
    """Return one figure without interval; NaN where nothing is counted."""
    metric = FIGURES[name]
    return float(metric.value(total(metric.rows(outcomes))))


def by_category(outcomes: Sequence[CodingOutcome]) -> dict[str, list[CodingOutcome]]:
    """Return the records of each major diagnostic category (MDC) of gold, in letter order."""
    found: dict[str, list[CodingOutcome]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.mdc):
        found.setdefault(outcome.mdc.removeprefix("MDC"), []).append(outcome)
    return found


def _example(read: ReadCase, gold: Mapping[str, Any]) -> Example[RecordQuestion, RecordGold]:
    bare = read.case.model_copy(update={"coded_front_page": None})
    return Example(
        read.case.id, digest_of_case(bare), RecordQuestion(bare, NHSA), RecordGold(gold), bare.id
    )
