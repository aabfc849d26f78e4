"""What was learned elsewhere (别处学过的数据): models by their manifest, others by their digests.

The runner refuses overlap inside a task by itself. A model that was trained before, or a system
outside this project, may have seen the questions as well; here that is found out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from zhibian.evaluation.data.reading import AnyExample
from zhibian.evaluation.data.split_rules import rule_of
from zhibian.evaluation.rounds import first_of
from zhibian.evaluation.tasks.spec import DatasetSpec, SplitSpec
from zhibian.problems import InputError, Problem

_DIGEST = re.compile(r"[0-9a-f]{64}")


def refuse_trained(manifest: Mapping[str, Any], dataset: DatasetSpec, name: str) -> None:
    """Refuse to measure a model on a split that it learned from or was chosen on.

    Manifests tell their data under ``split``: by data set the seed of the rule and the checksum
    of what was kept aside, or by file its sha256.

    Parameters
    ----------
    manifest
        Of the model; ``version`` names it.
    dataset, name
        Data set and split that shall be measured.

    Raises
    ------
    InputError
        The model learned from the split, or it kept other questions aside than the split holds.
    """
    why = _why_not(manifest, dataset, dataset.splits[name])
    if why is not None:
        unseen = [
            other
            for other, spec in dataset.splits.items()
            if spec.reserved is None and _why_not(manifest, dataset, spec) is None
        ]
        message = f"模型 {manifest.get('version')} {why}，不能在 {dataset.id} 的 {name} 部分评测"
        remedy = f"改测它没有见过的部分（{'、'.join(unseen) or '无'}），或不选这个系统"
        raise InputError(dataset.id, [Problem("protocol.test", "split_learned", message, remedy)])


def _why_not(manifest: Mapping[str, Any], dataset: DatasetSpec, spec: SplitSpec) -> str | None:
    """Return why a model can't be measured on a split, or None where it can."""
    told = manifest.get("split") or {}
    by_rule = told.get(dataset.id.replace("-", "_"))
    if isinstance(by_rule, Mapping):
        return _against_rule(by_rule, dataset, spec)
    known = {value for value in told.values() if isinstance(value, str)}
    learned = [file for file in spec.files if dataset.files.get(file) in known]
    return f"学习或选择时用过 {'、'.join(learned)}" if learned else None


def _against_rule(told: Mapping[str, Any], dataset: DatasetSpec, spec: SplitSpec) -> str | None:
    """Return why a split can't be measured, or None where it was kept aside."""
    rule = rule_of(spec)
    ruled = {file for one in dataset.splits.values() if one.rule for file in one.files}
    if rule is None:
        return "学过同一文件" if ruled & set(spec.files) else None
    if rule.seed != told.get("seed"):
        return f"按另一种子（{told.get('seed')}）划分"
    if spec.part != "aside":
        return "学过这一部分"
    if spec.aside_checksum not in {None, told.get("aside_checksum")}:
        return "留出的是另一些问题（校验和不符）"
    return None


def read_digests(path: Path) -> frozenset[str]:
    """Return the digests of a file, one a line; ``zhibian evaluate digests`` writes such files.

    Raises
    ------
    InputError
        The file can't be read, or lines are no digests; how many of them.
    """
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError):
        problem = Problem(path.name, "file_unreadable", "文件不存在或不是 UTF-8", "核对路径与编码")
        raise InputError(path.name, [problem]) from None
    given = [line for line in lines if line]
    wrong = [n for n, line in enumerate(lines, 1) if line and not _DIGEST.fullmatch(line)]
    if wrong or not given:
        message = f"{len(wrong)} 行不是摘要（第 {wrong[0]} 行起）" if wrong else "文件没有摘要"
        remedy = "每行一个 64 位十六进制 sha256；算法见 zhibian evaluate digests --help"
        raise InputError(path.name, [Problem(path.name, "digests_invalid", message, remedy)])
    return frozenset(given)


def refuse_known(examples: Collection[AnyExample], learned: Collection[str], source: str) -> None:
    """Refuse to measure a system on questions whose digests it says it learned from.

    Raises
    ------
    InputError
        How many of the questions are among them, and the ids of the first.
    """
    both = [example.id for example in examples if example.digest in learned]
    if both:
        message = f"{len(both)} 个评测问题在所给的训练摘要中：{first_of(both)}"
        remedy = "从训练数据中去掉这些问题，重新训练后再评测"
        raise InputError(source, [Problem(source, "test_learned", message, remedy)])
