"""Where one system put one page (分组一致性的结果)."""

from __future__ import annotations

from dataclasses import dataclass

from zhibian.evaluation.answers import GroupingAnswer
from zhibian.evaluation.questions import GroupingGold


@dataclass(frozen=True, slots=True)
class GroupingOutcome:
    """One page under one system: the group of the reference and the one given."""

    gold: GroupingGold
    given: GroupingAnswer
