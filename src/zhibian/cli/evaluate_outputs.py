"""Where a run writes (评测输出位置): made and checked before systems work for hours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zhibian.cli.evaluate_report import REPORT
from zhibian.cli.outputs import OutputFile, OutputFolder, Source, check_outputs
from zhibian.evaluation.results_file import OUTCOMES, RESULTS
from zhibian.problems import InputError, Problem

_COMMAND = "evaluate run"


def prepare_outputs(output: Path | None, store: Path | None, sources: Sequence[Source]) -> None:
    """Make the folders that a run writes into, and refuse those that it can't write into.

    Parameters
    ----------
    output
        Folder of the results; None writes none.
    store
        Folder of the tracking store; None tracks nothing.
    sources
        What the run reads: no result is written over it or among it.

    Raises
    ------
    InputError
        Every folder that can't be used.
    """
    # Without endings: a file that is read may lie in the folder, unless it is one of those below.
    folders = [OutputFolder("--output", output, ()), OutputFolder("--track", store, ())]
    check_outputs(_COMMAND, sources, folders)
    for folder in folders:
        _make(folder)
    if output is not None:
        files = [OutputFile("--output", output / name) for name in (RESULTS, REPORT, OUTCOMES)]
        check_outputs(_COMMAND, sources, files)


def _make(folder: OutputFolder) -> None:
    if folder.path is None:
        return
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError:
        message, remedy = "输出目录不能建立", "检查路径与权限，或写到另一个目录"
        problem = Problem(folder.option, "unwritable", message, remedy, folder.path.name)
        raise InputError(_COMMAND, [problem]) from None
