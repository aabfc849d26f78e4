"""What a result says of task and run (评测出处): parts, checksums, versions, machine, command."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zhibian.evaluation.data.digests import checksum_of_digests, checksum_of_gold
from zhibian.evaluation.examples import Example
from zhibian.evaluation.hardware import hardware, package_versions
from zhibian.evaluation.results import RunOut, SplitOut, TaskOut
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.grouping.pack import pack_folders
from zhibian.payment.tariff_files import FOLDER as TARIFFS
from zhibian.terminology.code_set import FOLDER as TERMINOLOGY
from zhibian.terminology.code_set import MANIFEST
from zhibian.terminology.tables import sha256_of

# Enough of a checksum to tell two versions apart.
_SHOWN = 16


def checksum_of(examples: Sequence[Example[Any, Any]]) -> str:
    """Return the sha256 over the sorted digests of some questions."""
    return checksum_of_digests(example.digest for example in examples)


def task_out(task: LoadedTask) -> TaskOut:
    """Return the task as it was when it was run."""
    spec, dataset = task.spec, task.dataset
    measured = dataset.splits[spec.protocol.test]
    return TaskOut(
        id=spec.id,
        version=spec.version,
        kind=spec.kind,
        title=spec.title,
        title_en=spec.title_en,
        question=spec.question,
        question_en=spec.question_en,
        folds=spec.protocol.folds,
        code_set=spec.code_set,
        scheme=spec.scheme,
        tariff=spec.tariff,
        citation=dataset.citation,
        terms=dataset.terms,
        terms_en=dataset.terms_en,
        invented=dataset.invented,
        test=SplitOut(
            dataset=dataset.id,
            split=spec.protocol.test,
            n=len(task.parts.test),
            checksum=task.parts.checksum,
            gold_checksum=checksum_of_gold(task.parts.test),
            held_out=measured.held_out,
            contact=measured.contact,
            contact_en=measured.contact_en,
        ),
        learned_from=tuple(_learned_from(task)),
    )


def _learned_from(task: LoadedTask) -> list[SplitOut]:
    protocol, parts = task.spec.protocol, task.parts
    told = [("+".join(protocol.fit), parts.fit), ("+".join(protocol.tune), parts.tune)]
    return [
        SplitOut(
            dataset=task.dataset.id,
            split=names,
            n=len(examples),
            checksum=checksum_of(examples),
            held_out=False,
        )
        for names, examples in told
        if examples
    ]


def run_out(asked: Mapping[str, Any], *, command: str, spec: TaskSpec, rules: Path) -> RunOut:
    """Return how a run took place.

    Parameters
    ----------
    asked
        ``seed``, ``draws``, ``seeds``, ``limit`` and ``share``.
    command
        As typed, without paths of the machine.
    spec, rules
        Name the rules that were used.
    """
    return RunOut(
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        hardware=hardware(),
        versions={**package_versions(), **rule_versions(spec, rules)},
        **asked,
    )


def rule_versions(spec: TaskSpec, rules: Path) -> dict[str, str]:
    """Return id and checksum of the rule pack and the tariff of a task, and of the code sets."""
    found = {}
    if spec.scheme is not None:
        folder = pack_folders(rules).get(spec.scheme.partition("@")[0])
        found["scheme"] = spec.scheme if folder is None else _with(spec.scheme, _digest(folder))
    if spec.tariff is not None:
        found["tariff"] = _with(spec.tariff, _digest(rules / TARIFFS / spec.tariff))
    names = rules / TERMINOLOGY / MANIFEST
    if names.is_file():
        found["code_sets"] = _with(MANIFEST, sha256_of(names))
    return found


def _digest(folder: Path) -> str:
    """Return the sha256 over names and checksums of the files of a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    told = "\n".join(f"{path.relative_to(folder)} {sha256_of(path)}" for path in files)
    return hashlib.sha256(told.encode()).hexdigest()


def _with(name: str, digest: str) -> str:
    return f"{name} sha256:{digest[:_SHOWN]}"
