"""The notebooks run from end to end, and are saved as they ran, without traces of a machine."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nbclient", reason="the extra notebooks is not installed")
pytest.importorskip("ipykernel", reason="the extra notebooks is not installed")
pytest.importorskip("matplotlib", reason="the extra notebooks is not installed")

import nbformat
from notebooks.execute import executed, notebooks

NAMES = ["01-tour", "02-error-analysis", "03-payment-deviation", "04-rule-pack"]
# Folders of a machine, not of the repository.
ABSOLUTE = re.compile(
    r"(?<![\w.])(?:/(?:home|root|tmp|var|usr|opt|Users|work|srv|mnt)/|[A-Z]:\\\\)"
)
# A glyph that no font has is a warning of matplotlib, and warnings go to standard error.
STREAMS = {"stdout"}

every_notebook = pytest.mark.parametrize("path", notebooks(), ids=lambda path: path.stem)


def code_cells(book: Any) -> list[Any]:
    return [cell for cell in book.cells if cell.cell_type == "code"]


def test_all_notebooks_are_here() -> None:
    assert [path.stem for path in notebooks()] == NAMES


@every_notebook
def test_it_runs_without_errors_or_warnings(path: Path) -> None:
    for cell in code_cells(executed(path)):
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name", "stdout") in STREAMS, output.text


@every_notebook
def test_every_cell_is_saved_with_its_output(path: Path) -> None:
    cells = code_cells(nbformat.read(path, as_version=4))
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    assert all(cell.outputs for cell in cells)


@every_notebook
def test_nothing_of_a_machine_is_saved(path: Path) -> None:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    assert book.metadata.language_info == {"name": "python"}
    assert [cell.id for cell in book.cells] == [f"c{n:02d}" for n in range(1, len(book.cells) + 1)]
    assert not any(cell.metadata for cell in book.cells)
    for cell in code_cells(book):
        for output in cell.outputs:
            output.get("data", {}).pop("image/png", None)
    text = nbformat.writes(book)
    assert ABSOLUTE.search(text) is None
    assert socket.gethostname() not in text


@every_notebook
def test_every_heading_has_an_english_line(path: Path) -> None:
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            heading, blank, english, *_ = cell.source.split("\n")
            assert re.search(r"[\u4e00-\u9fff]", heading)
            assert not blank
            assert re.fullmatch(r"\*[^\u4e00-\u9fff]+\*?", english), heading
