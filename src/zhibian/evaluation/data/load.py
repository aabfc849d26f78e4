"""Read the parts of a task (读取任务数据): files, split rules, and whether they are the same.

What was measured once is measured again only on the same questions: file checksums, number and
checksum of every split are compared with the registry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from zhibian.evaluation.coders.interface import RecordQuestion, TermQuestion
from zhibian.evaluation.data.digests import checksum_of_digests
from zhibian.evaluation.data.hash_split import split
from zhibian.evaluation.data.readers import READERS
from zhibian.evaluation.data.reading import AnyExample, Reading
from zhibian.evaluation.data.registry import DataFolders
from zhibian.evaluation.examples import Parts
from zhibian.evaluation.questions import PageQuestion
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.spec import DatasetSpec, Kind, SplitSpec, TaskSpec
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import sha256_of

#: Layouts that are read otherwise for one kind of task.
_READER_OF_KIND: Mapping[tuple[str, Kind], str] = {("cases", "screening"): "pages"}
_HASH_ASIDE = "hash-aside"


@dataclass(frozen=True, slots=True)
class Library:
    """All data sets of the registry and where they lie (数据集与目录)."""

    datasets: Mapping[str, DatasetSpec]
    folders: DataFolders

    def dataset(self, name: str) -> DatasetSpec:
        """Return a data set of the registry.

        Raises
        ------
        InputError
            There is none of that id.
        """
        if name not in self.datasets:
            remedy = f"可用：{'、'.join(self.datasets)}"
            problem = Problem("dataset", "dataset_unknown", f"没有登记数据集 {name}", remedy)
            raise InputError(name, [problem])
        return self.datasets[name]

    def folder_of(self, name: str) -> Path:
        """Return the folder of a data set; see :meth:`DataFolders.folder` for the errors."""
        return self.folders.folder(self.dataset(name))


def load_task(task: TaskSpec, library: Library, reading: Reading) -> LoadedTask:
    """Read all parts of a task.

    Parameters
    ----------
    task
        Its definition.
    library
        Data sets and folders.
    reading
        Limits and the check of codes.

    Raises
    ------
    InputError
        Data are absent, of another layout, not those of the registry, or not to be measured.
    """
    dataset = library.dataset(task.dataset)
    protocol = task.protocol
    for name in (protocol.test, *protocol.fit, *protocol.tune):
        _refuse_unknown(dataset, name)
    folder = library.folders.folder(dataset)

    def read(names: Sequence[str]) -> tuple[AnyExample, ...]:
        return tuple(e for n in names for e in read_split(dataset, n, task.kind, folder, reading))

    test = read([protocol.test])
    parts: Parts[Any, Any] = Parts(
        fit=read(protocol.fit),
        tune=read(protocol.tune),
        test=test,
        checksum=checksum_of_digests(e.digest for e in test),
    )
    return LoadedTask(task, dataset, parts)


def read_split(
    dataset: DatasetSpec,
    name: str,
    kind: Kind,
    folder: Path,
    reading: Reading,
    *,
    check: bool = True,
) -> tuple[AnyExample, ...]:
    """Read one split and compare it with the registry.

    Parameters
    ----------
    dataset, name
        Data set and split.
    kind
        Kind of the task: cases are read with their filed page for screening.
    folder
        Where it lies.
    reading
        Limits and the check of codes.
    check
        Whether number and checksums must be those of the registry.

    Raises
    ------
    InputError
        Files are absent or changed, or other questions came out than are registered.
    """
    spec = dataset.splits[name]
    files = _files(dataset, spec, folder)
    if check:
        _refuse_changed(dataset, files, folder)
    reader = READERS[_READER_OF_KIND.get((dataset.reader, kind), dataset.reader)]
    examples = tuple(_part(spec, tuple(reader(folder, files, reading))))
    if check:
        _refuse_other(dataset, name, examples)
    return examples


def _refuse_unknown(dataset: DatasetSpec, name: str) -> None:
    if name not in dataset.splits:
        remedy = f"可用：{'、'.join(dataset.splits)}"
        problem = Problem("protocol", "split_unknown", f"{dataset.id} 没有划分 {name}", remedy)
        raise InputError(dataset.id, [problem])
    reserved = dataset.splits[name].reserved
    if reserved is not None:
        message = f"划分 {name} 保留不测：{reserved}"
        problem = Problem("protocol", "split_reserved", message, "改用其他划分")
        raise InputError(dataset.id, [problem])


def _files(dataset: DatasetSpec, spec: SplitSpec, folder: Path) -> list[str]:
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


def _refuse_changed(dataset: DatasetSpec, files: Sequence[str], folder: Path) -> None:
    problems = [
        Problem(file, "file_changed", "校验和与登记的不同", "用登记的版本；新版本须另行登记")
        for file in files
        if file in dataset.files and sha256_of(folder / file) != dataset.files[file]
    ]
    if problems:
        raise InputError(dataset.id, problems)


def _refuse_other(dataset: DatasetSpec, name: str, examples: Sequence[AnyExample]) -> None:
    spec = dataset.splits[name]
    problems = []
    if spec.n is not None and len(examples) != spec.n:
        message = f"有 {len(examples)} 个问题，登记的是 {spec.n} 个"
        problems.append(Problem(name, "split_differs", message, "核对数据目录与版本"))
    if spec.checksum is not None:
        checksum = checksum_of_digests(e.digest for e in examples)
        if checksum != spec.checksum:
            message = "问题的校验和与登记的不同"
            problems.append(Problem(name, "split_differs", message, "核对数据目录与版本"))
    if problems:
        raise InputError(dataset.id, problems)


def _part(spec: SplitSpec, examples: Sequence[AnyExample]) -> Iterator[AnyExample]:
    if spec.rule is None:
        yield from examples
        return
    rule, _, rest = spec.rule.partition(":")
    seed, _, share = rest.partition(":")
    if rule != _HASH_ASIDE or not share:
        message = f"没有划分规则 {spec.rule}"
        remedy = f"写作 {_HASH_ASIDE}:种子:份额，如 {_HASH_ASIDE}:link-2026-11:1/6"
        raise InputError("rule", [Problem("rule", "rule_unknown", message, remedy)])
    parts = split([words_of(e) for e in examples], seed, aside=float(Fraction(share)))
    chosen = {"fit": parts.fit, "tune": parts.tune, "aside": parts.aside}[spec.part]
    yield from (examples[place] for place in chosen)


def words_of(example: AnyExample) -> str:
    """Return the words of a question: a term, a text, or all documents of a record."""
    question = example.question
    if isinstance(question, TermQuestion):
        return question.wording
    if isinstance(question, RecordQuestion):
        return "\n".join(document.text for document in question.case.documents)
    if isinstance(question, PageQuestion):
        return "\n".join(document.text for document in question.read.case.documents)
    return str(question.text)
