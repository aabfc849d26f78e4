"""Linking of terms (术语链接): names of the code set, compared as the linker compares them.

Names are compared, not codes: several codes of a set may share a name. Gold names that the code
set lacks count as missed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from zhibian.evaluation.coders.interface import LinkedNames, TermQuestion
from zhibian.evaluation.coders.linking_target import cleaned
from zhibian.evaluation.examples import Example
from zhibian.evaluation.metrics.frequency import Band, load_bands
from zhibian.evaluation.metrics.linking import METRICS, LinkingOutcome
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.questions import TermGold
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.kind import Details
from zhibian.evaluation.tasks.spec import TaskSpec

TermExample = Example[TermQuestion, TermGold]


@dataclass(frozen=True, slots=True)
class LinkingScorer:
    """Scores linked names (术语链接评分).

    Attributes
    ----------
    seen
        How often each name occurs in the fit part; None where that is not known.
    bands
        Bands of frequency.
    """

    seen: Mapping[str, int] | None = None
    bands: tuple[Band, ...] = field(default_factory=load_bands)

    @property
    def metrics(self) -> Sequence[Metric[LinkingOutcome]]:
        """Return the metrics of linking."""
        return METRICS

    def knowing(self, fit: Sequence[TermExample]) -> LinkingScorer:
        """Return the scorer that knows how often each name was there to be learned."""
        return replace(self, seen=Counter(n for one in fit for n in cleaned(one.gold.names)))

    def outcome(self, example: TermExample, answer: LinkedNames) -> LinkingOutcome:
        """Compare the names chosen for one term with its gold names."""
        gold, chosen = cleaned(example.gold.names), cleaned(answer.chosen)
        order = {
            name: n for n, name in enumerate(dict.fromkeys((*chosen, *cleaned(answer.ranked))))
        }
        return LinkingOutcome(
            hits=len(set(chosen) & set(gold)),
            chosen=len(chosen),
            gold=len(gold),
            first_right=bool(chosen) and chosen[0] in gold,
            places=tuple(order.get(name) for name in gold),
        )

    def strata(self, example: TermExample, outcome: LinkingOutcome) -> Mapping[str, str]:
        """Return how many names are wanted, and how often the rarest of them was seen."""
        found = {**example.strata, "names": "one" if outcome.gold == 1 else "several"}
        if self.seen is not None:
            rarest = min((self.seen[name] for name in cleaned(example.gold.names)), default=0)
            found["seen"] = "seen" if rarest else "unseen"
            found["frequency"] = next(band.name for band in self.bands if band.holds(rarest))
        return found

    def details(
        self,
        examples: Sequence[TermExample],
        answers: Sequence[LinkedNames],
        outcomes: Sequence[LinkingOutcome],
        *,
        invented: bool,
    ) -> Details:
        """Return nothing: no table stands beside the figures of linking."""
        return Details()


def linking_scorer(task: TaskSpec, resources: Resources) -> LinkingScorer:
    """Make the scorer; a `ScorerFactory`."""
    return LinkingScorer()
