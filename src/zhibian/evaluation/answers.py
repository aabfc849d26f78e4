"""What systems answer where it is neither a page nor names (各类任务的回答).

Answers of whole records and terms (`CodedPage`, `LinkedNames`) stand beside the `Coder` interface.
"""

from __future__ import annotations

from dataclasses import dataclass

from zhibian.screening.types import WorkItem


@dataclass(frozen=True, slots=True)
class EventAnswer:
    """Tendency of an event (发生状态): ``否定``, ``不确定``, or empty; and how sure, 0 to 1."""

    tendency: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class TextAnswer:
    """Entities of a text (实体): (start, end, type) in order, the end exclusive."""

    entities: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class GroupingAnswer:
    """The group of a page (分组结果); fields as of `GroupingGold`."""

    status: str
    mdc: str
    adrg: str
    drg: str


@dataclass(frozen=True, slots=True)
class PageAnswer:
    """Suspicions about a filed page (疑点), strongest first."""

    items: tuple[WorkItem, ...]
