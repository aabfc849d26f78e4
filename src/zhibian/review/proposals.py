"""The proposals of earlier reviews (已有审核结果): from a folder of reports to a table of codes."""

from __future__ import annotations

from pathlib import Path

import polars as pl
from pydantic import ValidationError

from zhibian.problems import InputError, Problem
from zhibian.review.report import CaseReport

_COLUMNS = ("id", "principal", "others", "procedures", "confidence")


def read_reports(folder: Path) -> pl.DataFrame:
    """Return the proposed coding of every report in a folder.

    Parameters
    ----------
    folder
        What ``zhibian code --output`` has written: one ``<case id>.json`` a case. Files whose
        names begin with an underscore tell of cases that could not be reviewed and are passed over.

    Returns
    -------
    polars.DataFrame
        ``id``, ``principal``, ``others``, ``procedures`` (codes joined by ``|``) and
        ``confidence``, the probability of the proposed group where the report has one, as text. A
        case without a proposed principal diagnosis is left out: nothing is proposed for it.

    Raises
    ------
    InputError
        There is no report, or every file that is none.
    """
    files = sorted(p for p in folder.glob("*.json") if not p.name.startswith("_"))
    if not files:
        remedy = "指向 zhibian code 的结果"
        problem = Problem("路径", "folder_empty", "文件夹中没有审核结果", remedy)
        raise InputError(folder.name, [problem])
    rows: list[tuple[str, ...]] = []
    problems: list[Problem] = []
    for file in files:
        try:
            report = CaseReport.model_validate_json(file.read_bytes())
        except (OSError, ValidationError):
            problems.append(
                Problem(file.name, "report_invalid", "不是审核结果", "重新运行 zhibian code")
            )
            continue
        if report.principal is not None:
            rows.append(_row(report))
    if problems:
        raise InputError(folder.name, problems)
    return pl.DataFrame(rows, schema=dict.fromkeys(_COLUMNS, pl.String), orient="row")


def _row(report: CaseReport) -> tuple[str, ...]:
    principal = report.principal.code if report.principal else ""
    settled = report.deviation.settled if report.deviation else None
    chance = settled.confidence if settled else None
    return (
        report.id,
        principal,
        "|".join(d.code for d in report.others),
        "|".join(p.code for p in report.procedures),
        "" if chance is None else f"{chance:.6f}",
    )
