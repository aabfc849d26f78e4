"""Rounds of one measurement (评测轮次): once as the parts stand, or once a fold.

Nothing that is measured may be learned from: this is checked for every round by the digests of
the questions, whatever their ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from zhibian.evaluation.examples import Example, Parts
from zhibian.evaluation.tasks.spec import DatasetSpec, Protocol, TaskSpec
from zhibian.problems import InputError, Problem

AnyExample = Example[Any, Any]
Key = tuple[str, str]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class LoadedTask:
    """A task with its questions (已读入的任务)."""

    spec: TaskSpec
    dataset: DatasetSpec
    parts: Parts[Any, Any]

    @property
    def quotable(self) -> bool:
        """Whether misses may be shown with their text: nobody real in it, and not held out."""
        held_out = self.dataset.splits[self.spec.protocol.test].held_out
        return self.dataset.invented and not held_out


@dataclass(frozen=True, slots=True)
class Round:
    """What is learned from and what is measured together (一轮).

    Attributes
    ----------
    number
        From 1.
    fit, tune
        To learn from.
    test
        To be answered.
    """

    number: int
    fit: tuple[AnyExample, ...]
    tune: tuple[AnyExample, ...]
    test: tuple[AnyExample, ...]


def rounds_of(
    parts: Parts[Any, Any], protocol: Protocol, *, share: float | None = None
) -> tuple[Round, ...]:
    """Return the rounds of a task; in cross-validation every question is measured once.

    Parameters
    ----------
    parts
        As read; with folds, what is not in the fold is added to the fit part.
    protocol
        Number and seed of the folds, and in what they are alike.
    share
        Share of each fit part that may be learned from, 0 to 1; see :func:`smaller`.

    Raises
    ------
    InputError
        A question to be measured is also among those to learn from, or there are fewer records
        than folds.
    """
    if protocol.folds is None:
        made = [Round(1, parts.fit, parts.tune, parts.test)]
    else:
        made = _folded(parts, protocol.folds, protocol)
    if share is not None:
        made = [replace(round_, fit=smaller(round_.fit, share)) for round_ in made]
    refuse_overlap(made)
    return tuple(made)


def smaller(fit: Sequence[AnyExample], share: float) -> tuple[AnyExample, ...]:
    """Return a share of the fit part, at least one question: the first by digest, as they stood.

    The subsets are nested: what is in a tenth is in a fifth.
    """
    wanted = max(1, ceil(share * len(fit)))
    places = sorted(range(len(fit)), key=lambda place: (fit[place].digest, place))[:wanted]
    return tuple(fit[place] for place in sorted(places))


def refuse_overlap(rounds: Iterable[Round]) -> None:
    """Refuse a measurement of what was learned from.

    Raises
    ------
    InputError
        How many questions stand in both parts, and the ids of the first of them.
    """
    shared: dict[str, None] = {}
    for round_ in rounds:
        learned = {example.digest for example in (*round_.fit, *round_.tune)}
        shared |= dict.fromkeys(e.id for e in round_.test if e.digest in learned)
    if shared:
        message = f"{len(shared)} 个评测问题同时在训练或调参部分（按内容比对）：{first_of(shared)}"
        remedy = "改用互不重叠的划分；同一份病历只能在一个部分"
        raise InputError("protocol", [Problem("fit", "test_learned", message, remedy)])


def first_of(ids: Iterable[str]) -> str:
    """Return the first ids of many, as a person reads them."""
    every = list(ids)
    return "、".join(every[:_SHOWN]) + ("……" if len(every) > _SHOWN else "")


def _folded(parts: Parts[Any, Any], count: int, protocol: Protocol) -> list[Round]:
    bundles = _bundles(parts.test)
    if len(bundles) < count:
        message = f"只有 {len(bundles)} 份互不相同的病历，不足 {count} 折"
        raise InputError(
            "protocol", [Problem("folds", "too_few_records", message, "减少折数或增加病历")]
        )
    # Dealt round by round, part by part: every fold gets its share of each.
    ordered = sorted(
        bundles,
        key=lambda bundle: (_part_of(bundle, protocol), _dealt(bundle, protocol.fold_seed)),
    )
    fold_of = {
        id(example): number % count for number, bundle in enumerate(ordered) for example in bundle
    }
    return [
        Round(
            number=fold + 1,
            fit=(*parts.fit, *(e for e in parts.test if fold_of[id(e)] != fold)),
            tune=parts.tune,
            test=tuple(e for e in parts.test if fold_of[id(e)] == fold),
        )
        for fold in range(count)
    ]


def _part_of(bundle: Sequence[AnyExample], protocol: Protocol) -> str:
    """Return the part of the partition in which folds are alike; one for all where none is."""
    if protocol.fold_alike is None:
        return ""
    return min(example.strata.get(protocol.fold_alike, "") for example in bundle)


def _bundles(examples: Sequence[AnyExample]) -> list[list[AnyExample]]:
    """Return questions that must not be parted: of one record, or of the same words."""
    above: dict[Key, Key] = {}

    def top(key: Key) -> Key:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    for example in examples:
        above[top(("digest", example.digest))] = top(("record", example.record))
    bundles: dict[Key, list[AnyExample]] = {}
    for example in examples:
        bundles.setdefault(top(("record", example.record)), []).append(example)
    return list(bundles.values())


def _dealt(bundle: Sequence[AnyExample], seed: int) -> str:
    """Return where a bundle stands in the order of dealing: by words and seed, never by id."""
    least = min(example.digest for example in bundle)
    return hashlib.sha256(f"{seed}:{least}".encode()).hexdigest()
