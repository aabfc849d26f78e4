"""Whether data are those of the registry (核对数据).

What was measured once is measured again only on the same files, the same questions and the same
gold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from zhibian.evaluation.data.digests import checksum_of_digests, checksum_of_gold
from zhibian.evaluation.data.reading import AnyExample
from zhibian.evaluation.data.split_rules import rule_of
from zhibian.evaluation.tasks.spec import DatasetSpec, SplitSpec
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of

_REGISTERED = "核对数据目录与版本：用登记的那一份；新版本须另行登记"


@dataclass(frozen=True, slots=True)
class Counts:
    """What a split is recognised by (划分的校验): as the registry has them.

    Attributes
    ----------
    n
        Number of questions.
    checksum, gold_checksum
        Over questions, and over questions with gold.
    aside_checksum
        Of what the rule keeps aside, seeded as manifests of models have it; None without a rule.
    """

    n: int
    checksum: str
    gold_checksum: str
    aside_checksum: str | None


def counts_of(spec: SplitSpec, every: Sequence[AnyExample], chosen: Sequence[AnyExample]) -> Counts:
    """Return what a split is recognised by.

    Parameters
    ----------
    spec
        Its definition.
    every
        All questions of its files.
    chosen
        Those that the rule gives it.
    """
    rule = rule_of(spec)
    return Counts(
        n=len(chosen),
        checksum=checksum_of_digests(example.digest for example in chosen),
        gold_checksum=checksum_of_gold(chosen),
        aside_checksum=None if rule is None else rule.parts(every).checksum,
    )


def files_of(dataset: DatasetSpec, spec: SplitSpec, folder: Path) -> list[str]:
    """Return the names of the files of a split, in order.

    Raises
    ------
    InputError
        Files are absent; all of them at once.
    """
    found, absent = [], []
    for pattern in spec.files:
        matched = sorted(path.name for path in folder.glob(pattern) if path.is_file())
        found += matched
        absent += [] if matched else [pattern]
    if absent:
        message = f"文件夹中没有 {'、'.join(absent)}"
        problem = Problem(dataset.variable, "file_missing", message, "核对数据目录是否完整")
        raise InputError(dataset.id, [problem])
    return found


def refuse_changed(dataset: DatasetSpec, files: Sequence[str], folder: Path) -> None:
    """Refuse files whose sha256 is not that of the registry.

    Raises
    ------
    InputError
        All such files at once.
    """
    problems = [
        Problem(file, "file_changed", "文件与登记的不同（sha256 不符）", _REGISTERED)
        for file in files
        if file in dataset.files and sha256_of(folder / file) != dataset.files[file]
    ]
    if problems:
        raise InputError(dataset.id, problems)


def refuse_other(dataset: DatasetSpec, name: str, found: Counts) -> None:
    """Refuse a split that came out otherwise than registered.

    Raises
    ------
    InputError
        Number or checksums differ; all of them at once.
    """
    spec = dataset.splits[name]
    compared = (
        (f"例数（{found.n}，登记 {spec.n}）", spec.n, found.n),
        ("问题的校验和", spec.checksum, found.checksum),
        ("金标准的校验和", spec.gold_checksum, found.gold_checksum),
        ("留出部分的校验和", spec.aside_checksum, found.aside_checksum),
    )
    problems = [
        Problem(name, "split_differs", f"{what}与登记的不同", _REGISTERED)
        for what, registered, value in compared
        if registered is not None and registered != value
    ]
    if problems:
        raise InputError(dataset.id, problems)
