"""What every reader of a data set is given (读取条件), and what it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.evaluation.examples import Example
from zhibian.records.case_json import CodeCheck, Limits

AnyExample = Example[Any, Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What readers are made with (读取条件).

    Attributes
    ----------
    code_set
        Edition of the codes of records, as the task names it.
    limits
        Largest file and document.
    check_code
        Checks filed codes; None leaves them unchecked.
    """

    code_set: str
    limits: Limits
    check_code: CodeCheck | None = None


#: Folder and names of the files of one split, in order, to its questions with their gold.
Reader = Callable[[Path, Sequence[str], Reading], Iterator[AnyExample]]
