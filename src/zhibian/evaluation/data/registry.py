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


def load_datasets(folder: Path = REGISTRY) -> dict[str, DatasetSpec]:
    """Return the data sets of a registry by id.

    Raises
    ------
    InputError
        A file is no valid definition; all problems of all files at once.
    """
    return read_written(folder, DatasetSpec)


@dataclass(frozen=True, slots=True)
class DataFolders:
    """Where data sets lie on this machine (数据目录).

    Attributes
    ----------
    environment
        Variables; the one of a data set names its folder, ``ZHIBIAN_DATA`` the folder of all.
    given
        Folders that were named for this run, by id; they come first.
    checkout
        Root of the checkout, for the invented records of this project.
    """

    environment: Mapping[str, str]
    given: Mapping[str, Path] = field(default_factory=dict)
    checkout: Path = Path(zhibian.__file__).resolve().parents[2]

    def candidates(self, dataset: DatasetSpec) -> list[Path]:
        """Return where a data set is looked for, in order."""
        if dataset.id in self.given:
            return [self.given[dataset.id]]
        if self.environment.get(dataset.variable):
            return [Path(self.environment[dataset.variable])]
        found = []
        if self.environment.get(BASE_VARIABLE):
            found.append(Path(self.environment[BASE_VARIABLE]) / dataset.folder)
        if dataset.in_checkout:
            found.append(self.checkout / dataset.folder)
        return found

    def find(self, dataset: DatasetSpec) -> Path | None:
        """Return the folder of a data set, or None where there is none."""
        return next((path for path in self.candidates(dataset) if path.is_dir()), None)

    def folder(self, dataset: DatasetSpec) -> Path:
        """Return the folder of a data set.

        Raises
        ------
        InputError
            There is none; the remedy names the variable and where the data are published.
        """
        found = self.find(dataset)
        if found is not None:
            return found
        looked = self.candidates(dataset)
        message = "指定的文件夹不存在" if looked else "没有指定数据目录"
        remedy = (
            f"设 {dataset.variable}=数据目录，或 {BASE_VARIABLE}=上级目录（含 {dataset.folder}），"
            f"或用 --data {dataset.id}=数据目录"
        )
        if dataset.url is not None:
            remedy += f"；数据见 {dataset.url}，使用条款见 zhibian evaluate list --datasets"
        problem = Problem(dataset.variable, "data_missing", message, remedy)
        raise InputError(dataset.id, [problem])
