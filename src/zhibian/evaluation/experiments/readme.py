"""Figures in the README of an experiment (实验说明中的数字): written from results between marks.

A mark is a comment that asks, what it asks for, and a comment that ends it, so that whoever reads
the page sees figures alone::

    <!-- figures RUN | heading = metric | heading = metric -->
    <!-- differences RUN | heading = metric -->
    <!-- strata RUN PARTITION METRIC | system | heading = system -->
    <!-- curve RUN METRIC -->
    <!-- errors RUN RATE | heading = figure -->
    <!-- end -->

and within a sentence ``<!-- figure RUN SYSTEM METRIC -->0.500<!-- end -->`` or
``<!-- difference RUN SYSTEM METRIC -->``. A run of another experiment is ``folder/RUN``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from zhibian.evaluation.experiments import readme_tables as tables
from zhibian.evaluation.experiments.readme_tables import Asked, named
from zhibian.evaluation.experiments.spec import ExperimentOut, RunResult
from zhibian.evaluation.results_file import RESULTS, write_whole
from zhibian.problems import InputError, Problem

README = "README.md"
_MARK = re.compile(
    r"<!-- (?P<kind>[a-z]+) (?P<asked>[^>]*?) -->(?P<old>(?:(?!<!-- ).)*?)<!-- end -->", re.DOTALL
)

_BLOCKS: Mapping[str, Callable[[RunResult, Asked], str]] = {
    "figures": tables.figures,
    "differences": tables.differences,
    "strata": tables.strata,
    "curve": tables.curve,
    "errors": tables.errors,
}
_INLINE: Mapping[str, Callable[[RunResult, Asked], str]] = {
    "figure": tables.one_figure,
    "difference": tables.one_difference,
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """Results of the experiments below a folder (实验结果), each read when first asked for."""

    folder: Path
    read: dict[Path, ExperimentOut] = field(default_factory=dict)

    def run(self, name: str) -> RunResult:
        """Return a run by its name, or by the folder of its experiment and its name.

        Raises
        ------
        InputError
            There are no results, or no such run.
        """
        folder, _, last = name.rpartition("/")
        file = self.folder / folder / RESULTS
        if file not in self.read:
            self.read[file] = read_experiment_results(file)
        return named({run.name: run for run in self.read[file].runs}, last, "run")


def read_experiment_results(file: Path) -> ExperimentOut:
    """Return the results of an experiment.

    Raises
    ------
    InputError
        There are none, or a field is wrong.
    """
    source = f"{file.parent.name}/{file.name}"
    try:
        return ExperimentOut.model_validate_json(file.read_bytes())
    except OSError:
        problem = Problem("results", "results_missing", "没有实验结果", "先运行该实验")
        raise InputError(source, [problem]) from None
    except ValidationError as wrong:
        problems = [
            Problem(".".join(map(str, e["loc"])), "results_invalid", e["msg"], "重新运行该实验")
            for e in wrong.errors(include_input=False, include_url=False)
        ]
        raise InputError(source, problems) from None


def rewritten(text: str, folder: Path) -> str:
    """Return a README with the figures of the results.

    Parameters
    ----------
    text
        With marks.
    folder
        Where it lies; results lie beside it or in folders below.

    Raises
    ------
    InputError
        A mark asks for what there is not; the first such.
    """
    shelf = Shelf(folder)

    def write(mark: re.Match[str]) -> str:
        words, columns = _asked(mark["asked"])
        writer = named({**_BLOCKS, **_INLINE}, mark["kind"], "mark")
        told = writer(shelf.run(words[0]), Asked(words[1:], columns))
        told = f"\n{told}\n" if mark["kind"] in _BLOCKS else told
        return f"<!-- {mark['kind']} {mark['asked']} -->{told}<!-- end -->"

    return _MARK.sub(write, text)


def refresh(folder: Path) -> bool:
    """Rewrite the README of a folder; return whether it has one.

    Raises
    ------
    InputError
        A mark asks for what there is not.
    """
    file = folder / README
    if not file.is_file():
        return False
    write_whole(file, rewritten(file.read_text(encoding="utf-8"), folder))
    return True


def _asked(text: str) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the words before the first bar, and heading and key of what stands behind bars."""
    words, *columns = text.split("|")
    pairs = [[side.strip() for side in column.split("=", 1)] for column in columns]
    return words.split(), [(pair[0], pair[-1]) for pair in pairs]
