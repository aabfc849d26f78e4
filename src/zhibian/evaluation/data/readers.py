"""Readers of data sets by name (数据读取器)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zhibian.evaluation.data.case_files import read_case_files
from zhibian.evaluation.examples import Example
from zhibian.evaluation.tasks.spec import SplitSpec
from zhibian.records.case_json import Limits

#: Folder, split, edition of the codes, limits → examples.
Reader = Callable[[Path, SplitSpec, str, Limits], tuple[Example[Any, Any], ...]]

READERS: Mapping[str, Reader] = {"case-files": read_case_files}
