"""Every kind of task with its systems (任务类别登记)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from zhibian.evaluation.coders.interface import CodedPage
from zhibian.evaluation.coders.registry import CODERS
from zhibian.evaluation.kinds.coding import coding_scorer
from zhibian.evaluation.metrics import coding
from zhibian.evaluation.metrics.outcomes import CodingOutcome
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.spec import Kind

CODING = KindOfTask(
    scorer=coding_scorer,
    systems=CODERS,
    answer=CodedPage,
    outcome=CodingOutcome,
    metrics=coding.METRICS,
)

KINDS: Mapping[Kind, KindOfTask] = MappingProxyType({"coding": CODING})
