"""What is asked and what is right (评测样本): the question apart from its gold.

A system under test is given questions only; gold stays with the runner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Q = TypeVar("Q")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Example(Generic[Q, G]):
    """One question with its gold answer (样本).

    Attributes
    ----------
    id
        Id inside the data set; a number or file name, nothing about a patient.
    digest
        sha256 of the normalised words of the question: splits follow from it, and a question
        that was trained on is recognised by it, whatever its id.
    question
        What a system sees.
    gold
        What is right.
    record
        Unit of resampling: questions of one record are drawn together.
    strata
        Part of the data it belongs to, by name of the partition: ``mdc``, ``department``.
    """

    id: str
    digest: str
    question: Q
    gold: G
    record: str
    strata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parts(Generic[Q, G]):
    """The parts of one measurement (训练、调参、评测部分).

    Attributes
    ----------
    fit
        To learn from; empty where a task gives none.
    tune
        To choose by: thresholds, weights, when to stop.
    test
        What is measured; read once.
    checksum
        sha256 over the sorted digests of ``test``, as the task names it.
    """

    fit: tuple[Example[Q, G], ...]
    tune: tuple[Example[Q, G], ...]
    test: tuple[Example[Q, G], ...]
    checksum: str
