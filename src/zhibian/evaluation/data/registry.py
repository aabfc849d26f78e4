"""Data sets by id, and where they lie on this machine (数据集登记与存放位置)."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from zhibian.evaluation.tasks.spec import DatasetSpec
from zhibian.problems import InputError, Problem

#: Names the folder below which data sets lie that have no variable of their own.
HOME = "ZHIBIAN_DATA"


def dataset_ids() -> list[str]:
    """Return the ids of all registered data sets."""
    names = (entry.name for entry in files(__package__).iterdir())
    return sorted(name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))


def load_dataset(id: str) -> DatasetSpec:
    """Return a data set of the registry.

    Raises
    ------
    InputError
        There is none of that id, or its entry is damaged.
    """
    if id not in dataset_ids():
        message = f"没有登记数据集 {id}；现有：{'、'.join(dataset_ids())}"
        raise InputError(id, [Problem("dataset", "dataset_unknown", message, "改用现有的数据集")])
    text = files(__package__).joinpath(f"{id}.yaml").read_text(encoding="utf-8")
    try:
        return DatasetSpec.model_validate(yaml.safe_load(text))
    except ValidationError as wrong:
        problem = Problem("dataset", "dataset_invalid", str(wrong.title), "恢复随程序发布的文件")
        raise InputError(f"{id}.yaml", [problem]) from None


def folder_of(
    dataset: DatasetSpec, named: Mapping[str, Path], environment: Mapping[str, str]
) -> Path:
    """Return where a data set lies.

    Parameters
    ----------
    dataset
        The entry of the registry.
    named
        Folders that the user names, by id; they come first.
    environment
        Environment variables.

    Raises
    ------
    InputError
        No folder is named, or there is none.
    """
    home = environment.get(HOME)
    told = environment.get(dataset.variable)
    folder = named.get(dataset.id) or (
        Path(told) if told else Path(home) / dataset.folder if home else None
    )
    if folder is None or not folder.is_dir():
        problem = Problem(
            dataset.variable,
            "dataset_absent",
            f"这台机器上没有数据集 {dataset.title}（{dataset.id}）",
            f"用 --data {dataset.id}=文件夹 指定，或设环境变量 {dataset.variable}；"
            f"取得方式：{dataset.url or dataset.provenance}",
        )
        raise InputError(dataset.id, [problem])
    return folder
