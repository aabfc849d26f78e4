"""The registry of data sets (数据集登记): what each is, where it lies, under which terms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import zhibian
from zhibian.evaluation.data.written import read_written
from zhibian.evaluation.tasks.spec import DatasetSpec
from zhibian.problems import InputError, Problem

REGISTRY = Path(__file__).resolve().parent
BASE_VARIABLE = "ZHIBIAN_DATA"
#: Folder of a user's own data sets below that of the own tasks.
OWN_DATASETS = "datasets"


def load_datasets(own: Path | None = None) -> dict[str, DatasetSpec]:
    """Return the data sets of the registry by id, with those of a user.

    Parameters
    ----------
    own
        Folder of the user's tasks; its folder ``datasets`` registers more data sets, if there is
        one. An id of the registry can't be taken.

    Raises
    ------
    InputError
        A file is no valid definition, or an id is taken; all problems at once.
    """
    shipped = read_written(REGISTRY, DatasetSpec)
    if own is None or not (own / OWN_DATASETS).is_dir():
        return shipped
    more = read_written(own / OWN_DATASETS, DatasetSpec)
    problems = [
        Problem(f"{name}.yaml", "id_taken", f"{name} 是随附数据集的编号", "另取一个 id")
        for name in more
        if name in shipped
    ]
    if problems:
        raise InputError(OWN_DATASETS, problems)
    return {**shipped, **more}


def definition_of(name: str, own: Path | None = None) -> Path:
    """Return the file that registers a data set."""
    if own is not None and (own / OWN_DATASETS / f"{name}.yaml").is_file():
        return own / OWN_DATASETS / f"{name}.yaml"
    return REGISTRY / f"{name}.yaml"


@dataclass(frozen=True, slots=True)
class DataFolders:
    """Where data sets lie on this machine (数据目录).

    Attributes
    ----------
    base
        Folder of all data sets, ``ZHIBIAN_DATA``; None where it is not set.
    variables
        Environment variables; the one of a data set names its folder.
    given
        Folders that were named for this run, by id; they come first.
    checkout
        Root of the checkout, for the invented records of this project.
    """

    base: Path | None
    variables: Mapping[str, str]
    given: Mapping[str, Path] = field(default_factory=dict)
    checkout: Path = Path(zhibian.__file__).resolve().parents[2]

    def find(self, dataset: DatasetSpec) -> Path | None:
        """Return the folder of a data set, or None where there is none."""
        return next((path for path in self._candidates(dataset) if path.is_dir()), None)

    def folder(self, dataset: DatasetSpec) -> Path:
        """Return the folder of a data set.

        Raises
        ------
        InputError
            There is none; the remedy names the variable, the folder that is wanted, and where
            the data are published.
        """
        found = self.find(dataset)
        if found is None:
            problem = Problem(
                dataset.variable, "data_missing", self._why(dataset), _remedy(dataset)
            )
            raise InputError(dataset.id, [problem])
        return found

    def _candidates(self, dataset: DatasetSpec) -> list[Path]:
        """Return where a data set is looked for: what was named for it alone decides."""
        if dataset.id in self.given:
            return [self.given[dataset.id]]
        if self.variables.get(dataset.variable):
            return [Path(self.variables[dataset.variable])]
        found = [] if self.base is None else [self.base / dataset.folder]
        return [*found, self.checkout / dataset.folder] if dataset.in_checkout else found

    def _why(self, dataset: DatasetSpec) -> str:
        if dataset.id in self.given:
            return "--data 所给的文件夹不存在"
        if self.variables.get(dataset.variable):
            return f"{dataset.variable} 所指的文件夹不存在"
        if dataset.in_checkout:
            return f"该数据集随源码提供（{dataset.folder}），安装包不含"
        if self.base is None:
            return "没有指定数据目录"
        return f"{BASE_VARIABLE} 下没有文件夹 {dataset.folder}"


def _remedy(dataset: DatasetSpec) -> str:
    ways = (
        f"设 {dataset.variable}=数据目录，或设 {BASE_VARIABLE}=上级目录（含 {dataset.folder}），"
        f"或用 --data {dataset.id}=数据目录"
    )
    if dataset.url is None:
        return ways
    return f"{ways}；数据见 {dataset.url}，条款见 zhibian evaluate show {dataset.id}"
