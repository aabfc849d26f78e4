"""Write the files of a rule pack (规则包文件): equal content gives equal bytes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel

from zhibian.grouping.check import Finding
from zhibian.grouping.manifest import Row


def write_rows(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> None:
    """Write a table as CSV: UTF-8, header, LF.

    Raises
    ------
    ValueError
        A row has a column that the table lacks.
    """
    path.write_bytes(rows_text(columns, rows).encode("utf-8"))


def rows_text(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a table as it is written.

    Raises
    ------
    ValueError
        A row has a column that the table lacks.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_findings(folder: Path, findings: Iterable[Finding]) -> None:
    """Write ``findings.csv`` of a pack, in the order given."""
    rows = [{"check": f.check, "subject": f.subject, "code": f.code} for f in findings]
    write_rows(folder / "findings.csv", ("check", "subject", "code"), rows)


def yaml_text(model: BaseModel) -> str:
    """Return a model as YAML, its fields in the order of their declaration."""
    text: str = yaml.safe_dump(
        model.model_dump(mode="json"), allow_unicode=True, sort_keys=False, width=100
    )
    return text
