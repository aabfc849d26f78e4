"""What learning systems share (学习的共用部分): that there is something to learn, aside parts."""

from __future__ import annotations

import hashlib
from typing import NoReturn

from zhibian.evaluation.coders.gold_codes import RecordExample
from zhibian.evaluation.coders.interface import LearningSet
from zhibian.evaluation.data.ccl25 import is_names_only
from zhibian.problems import InputError, Problem

# One record in four is set aside for choices where a task gives no part for them.
_ASIDE_IN = 4


def refuse_empty(material: LearningSet, name: str, title: str) -> None:
    """Refuse to learn from nothing.

    Raises
    ------
    InputError
        The fit part is empty.
    """
    if not material.fit:
        message = f"{title}要从训练部分学习，而这个任务没有训练部分"
        remedy = "换用有训练部分或交叉验证的任务，或去掉这个系统"
        raise InputError(name, [Problem("fit", "fit_missing", message, remedy)])


def refuse_unlearned(name: str) -> NoReturn:
    """Refuse to answer before learning.

    Raises
    ------
    InputError
        Always.
    """
    problem = Problem(name, "not_learned", "系统尚未学习", "先用训练部分学习，再作答")
    raise InputError(name, [problem])


def fit_and_tune(material: LearningSet) -> tuple[list[RecordExample], list[RecordExample]]:
    """Return records to fit on and records to choose by; none of one is in the other.

    Where the task has no tuning part, a quarter of the fit part serves: the records whose digest
    comes first under the seed. Lists of names are left to fit on as long as there are whole
    records, which are what is measured. A single record serves as both.
    """
    if material.tune:
        return list(material.fit), list(material.tune)
    whole = [e for e in material.fit if not is_names_only(e.question.case)] or list(material.fit)
    ordered = sorted(whole, key=lambda example: _dealt(example.digest, material.seed))
    aside = {example.digest for example in ordered[: max(1, len(ordered) // _ASIDE_IN)]}
    fit = [example for example in material.fit if example.digest not in aside]
    tune = [example for example in material.fit if example.digest in aside]
    return fit or tune, tune


def _dealt(digest: str, seed: int) -> str:
    return hashlib.sha256(f"{seed}\t{digest}".encode()).hexdigest()
