"""The data that lie here are those of the registry: files, questions, gold, parts kept aside."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from zhibian.evaluation.data.load import count_splits
from zhibian.evaluation.data.readers import READERS
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.data.registry import DataFolders, load_datasets
from zhibian.evaluation.data.verify import refuse_other
from zhibian.records.case_json import Limits

DATASETS = load_datasets()
READING = Reading("nhsa-2.0", Limits(1_000_000, 8_000_000))
ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", DATASETS)
def test_data_are_as_registered(name: str) -> None:
    """Whoever corrects gold counts again: ``zhibian evaluate validate --write``, a new version."""
    spec = DATASETS[name]
    shared = Path(os.environ.get("ZHIBIAN_SHARED", ROOT.parent / "shared"))
    folder = DataFolders(shared / "data", {}).find(spec)
    if folder is None:
        pytest.skip(f"data of {name} not present: set ZHIBIAN_SHARED")
    kind = next(iter(READERS[spec.reader]))
    counted = count_splits(spec, kind, folder, READING)
    assert set(counted) == {split for split, told in spec.splits.items() if told.reserved is None}
    for split, counts in counted.items():
        refuse_other(spec, split, counts)
