"""Text screening of pages with planted errors (文本筛查): what is found, what is alarmed wrongly.

Pages of one record are drawn together: the unit of resampling is the record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zhibian.evaluation.answers import PageAnswer
from zhibian.evaluation.coders.screening_text import task_reviewer
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.screening import METRICS
from zhibian.evaluation.questions import PageGold, PageQuestion
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.screening import PageScore, is_planted, score_page
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.quality.flags import LevelOf
from zhibian.review.assemble import level_of

PageExample = Example[PageQuestion, PageGold]

# Fields of the planted block and the names of the strata.
_KINDS = {
    "missed": "omission",
    "unsupported": "unsupported",
    "wrong_principal": "principal",
    "entry": "entry",
}


@dataclass(frozen=True, slots=True)
class ScreeningScorer:
    """Scores suspicions about pages (文本筛查评分).

    Attributes
    ----------
    level_of
        Level of a diagnosis under the scheme of the task.
    """

    level_of: LevelOf

    @property
    def metrics(self) -> Sequence[Metric[PageScore]]:
        """Return the metrics of screening."""
        return METRICS

    def knowing(self, fit: Sequence[PageExample]) -> ScreeningScorer:
        """Return itself: nothing here depends on what could be learned."""
        return self

    def outcome(self, example: PageExample, answer: PageAnswer) -> PageScore:
        """Compare the suspicions about one page with what was planted.

        Raises
        ------
        InputError
            The case has no filed page, or its gold doesn't tell what was planted.
        """
        case = example.question.read.case
        page = case.coded_front_page
        if page is None or not is_planted(example.gold.block):
            message = "没有已填报首页，或没有 planted 块"
            remedy = "补上，或先用 zhibian evaluate plant 按金标准首页埋错"
            problem = Problem("gold.planted", "planted_missing", message, remedy)
            raise InputError(example.id, [problem])
        return score_page(example.id, page, answer.items, example.gold.block, self.level_of)

    def strata(self, example: PageExample, outcome: PageScore) -> Mapping[str, str]:
        """Return what was planted beside what the reader tells."""
        return {**example.strata, "planted": _planted(example.gold.block["planted"])}

    def details(
        self,
        examples: Sequence[PageExample],
        answers: Sequence[PageAnswer],
        outcomes: Sequence[PageScore],
        *,
        invented: bool,
    ) -> Details:
        """Return nothing: no table stands beside the figures of screening."""
        return Details()


def _planted(planted: Mapping[str, object]) -> str:
    """Return what kind of error a page holds; planting gives a page errors of one kind."""
    return "+".join(name for key, name in _KINDS.items() if planted.get(key)) or "right"


def screening_scorer(task: TaskSpec, resources: Resources) -> ScreeningScorer:
    """Make the scorer; a `ScorerFactory`."""
    reviewer = task_reviewer(task, resources)
    return ScreeningScorer(lambda code: level_of(code, reviewer))
