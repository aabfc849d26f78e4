"""Read the parts of a task (读取任务数据) from its data set, compared with the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.evaluation.data.digests import checksum_of_digests
from zhibian.evaluation.data.readers import reader_for
from zhibian.evaluation.data.reading import AnyExample, Reading
from zhibian.evaluation.data.registry import DataFolders
from zhibian.evaluation.data.split_rules import part_of
from zhibian.evaluation.data.verify import (
    Counts,
    counts_of,
    files_of,
    refuse_changed,
    refuse_other,
)
from zhibian.evaluation.examples import Parts
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.spec import DatasetSpec, Kind, TaskSpec
from zhibian.problems import InputError, Problem


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
    dataset: DatasetSpec, name: str, kind: Kind, folder: Path, reading: Reading
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

    Raises
    ------
    InputError
        Files are absent or changed, or other questions came out than are registered.
    """
    spec = dataset.splits[name]
    files = files_of(dataset, spec, folder)
    refuse_changed(dataset, files, folder)
    every = _read(dataset, files, kind, folder, reading)
    chosen = part_of(spec, every)
    refuse_other(dataset, name, counts_of(spec, every, chosen))
    return tuple(chosen)


def count_splits(
    dataset: DatasetSpec, kind: Kind, folder: Path, reading: Reading
) -> dict[str, Counts]:
    """Return what the splits of a data set are recognised by, as they come out of its files.

    Raises
    ------
    InputError
        Files are absent or changed.
    """
    found = {}
    for name, spec in dataset.splits.items():
        if spec.reserved is None:
            files = files_of(dataset, spec, folder)
            refuse_changed(dataset, files, folder)
            every = _read(dataset, files, kind, folder, reading)
            found[name] = counts_of(spec, every, part_of(spec, every))
    return found


def _read(
    dataset: DatasetSpec, files: Sequence[str], kind: Kind, folder: Path, reading: Reading
) -> list[AnyExample]:
    return list(reader_for(dataset, kind)(folder, files, reading))


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
