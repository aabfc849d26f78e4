"""The questions of every kind of task and what is right (各类任务的问题与金标准).

Questions of whole records and terms stand beside the `Coder` interface; the rest are here, and
what systems answer to them in :mod:`zhibian.evaluation.answers`. Gold is held by the runner and
never given to a system. A question carries the id of its example, by which answers that were
made elsewhere are found; records and pages carry it as the id of their case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from zhibian.grouping.types import GroupingInput
from zhibian.records.case_json import ReadCase


@dataclass(frozen=True, slots=True)
class RecordGold:
    """Gold codes of a record (病历的金标准).

    Attributes
    ----------
    block
        The ``gold`` block of the case format: ``principal``, ``others``, ``procedures`` (each with
        ``code``, and where known ``poa``, ``evidence``, ``document``), ``acceptable``,
        ``must_not``, ``drg_1_1``. Data sets without evidence or families leave these out.
    filed
        The filed page as coded by the hospital, in the case format; None where there is none.
    """

    block: Mapping[str, Any]
    filed: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class TermGold:
    """Names that a term was coded to (术语的金标准); some may be unknown to the code set."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventQuestion:
    """A text and where the head of one event stands in it (临床事件).

    Positions count characters of ``text``, the end exclusive.
    """

    text: str
    start: int
    end: int
    id: str = ""


@dataclass(frozen=True, slots=True)
class EventGold:
    """Tendency of the event (发生状态): ``否定``, ``不确定``, or empty for neither."""

    tendency: str


@dataclass(frozen=True, slots=True)
class TextQuestion:
    """A text whose entities are wanted (实体抽取)."""

    text: str
    id: str = ""


@dataclass(frozen=True, slots=True)
class TextGold:
    """Entities of a text: (start, end, type), in order; the end is exclusive."""

    entities: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class GroupingQuestion:
    """A front page to be grouped (待分组首页)."""

    page: GroupingInput
    id: str = ""


@dataclass(frozen=True, slots=True)
class GroupingGold:
    """The group that the reference gave (参照分组); empty texts where it gave none.

    ``status`` is a value of :class:`zhibian.grouping.types.Status`, such as ``grouped``.
    """

    status: str
    mdc: str
    adrg: str
    drg: str


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A record with the page that was filed for it (待筛查病案): errors may be planted in it."""

    read: ReadCase


@dataclass(frozen=True, slots=True)
class PageGold:
    """The gold block of a filed page, with ``planted`` (埋错与金标准)."""

    block: Mapping[str, Any]
