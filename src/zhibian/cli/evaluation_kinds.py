"""Every kind of task with all systems (任务类别与全部系统): those that are trained among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from zhibian.evaluation.coders.registry import record_coders
from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.tasks.kind import KindOfTask
from zhibian.evaluation.tasks.spec import Kind


def all_kinds() -> Mapping[Kind, KindOfTask]:
    """Return the kinds; systems of the extra `train` import it only when they are made."""
    from zhibian.training.coders import TRAINED_RECORD_CODERS  # noqa: PLC0415

    coding = replace(KINDS["coding"], systems=record_coders(*TRAINED_RECORD_CODERS))
    return MappingProxyType({**KINDS, "coding": coding})
