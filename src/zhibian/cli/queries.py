"""``zhibian queries``: questions to the clinician, to be printed or filled in (临床询问单)."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from zhibian.cli.code import Failure, collect, review_one
from zhibian.cli.common import REFUSED, RulesOption, case_limits, refuse, tell
from zhibian.cli.models import ModelsOption, with_models
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import SUFFIXES
from zhibian.review.pipeline import review
from zhibian.review.reviewer import NO_TARIFF, Reviewer, code_check, load_reviewer
from zhibian.screening.queries.questions import QuestionRules, load_question_rules
from zhibian.screening.queries.sheet import QuerySheet, query_sheet, to_html
from zhibian.screening.queries.word import write_docx
from zhibian.screening.text.evidence import case_questions
from zhibian.screening.text.rules import load_text_rules
from zhibian.settings import Settings

_ALL = "queries"

Format = Literal["html", "docx"]


def queries(
    cases: Annotated[
        list[Path], typer.Argument(help="病例文件（JSON 或 YAML）或其文件夹，可给多个。")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="写出询问单的文件夹。")],
    output_format: Annotated[
        Format, typer.Option("--format", help=r"html 可打印网页，docx 需安装 zhibian\[office]。")
    ] = "html",
    one_file: Annotated[
        bool, typer.Option("--one-file", help="全部病例写成一个文件，每例另起一页。")
    ] = False,
    scheme: Annotated[
        str | None, typer.Option(help="分组方案；CC/MCC 级别由此而定，不写入询问单。")
    ] = None,
    models: ModelsOption = "off",
    rules: RulesOption = None,
) -> None:
    """Write the questions that records raise; exit code 2 when a case could not be read."""
    settings = Settings()
    try:
        check_outputs(
            "queries",
            [Source("CASES", path, SUFFIXES) for path in cases],
            [OutputFolder("--output", output, (f".{output_format}",))],
            _office_problems(output_format),
        )
        where = rules or settings.rules
        reviewer = with_models(
            load_reviewer(where, scheme or settings.scheme, NO_TARIFF, None),
            models,
            where,
            settings,
        )
        wording = load_question_rules(where)
        sheets, failures, total = _sheets(cases, reviewer, where, wording, settings)
        output.mkdir(parents=True, exist_ok=True)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    except OSError:
        problem = Problem("--output", "output_unusable", "不能建立输出文件夹", "另选一个文件夹")
        raise refuse([problem], output.name) from None
    groups = {_ALL: sheets} if one_file and sheets else {sheet.case: [sheet] for sheet in sheets}
    for name, group in groups.items():
        _write(output / f"{name}.{output_format}", group, wording)
    for failure in failures:
        tell(failure.problems, failure.source)
    asked = sum(len(sheet.questions) for sheet in sheets)
    Console(stderr=True, highlight=False).print(
        f"共 {total} 例：{len(sheets)} 例有询问，共 {asked} 问；未完成 {len(failures)} 例"
    )
    if failures:
        raise typer.Exit(REFUSED)


def _office_problems(output_format: Format) -> list[Problem]:
    if output_format != "docx" or find_spec("docx") is not None:
        return []
    remedy = "安装 zhibian[office]，或用 --format html"
    return [Problem("--format", "extra_missing", "没有安装 python-docx", remedy)]


def _sheets(
    paths: list[Path],
    reviewer: Reviewer,
    rules: Path,
    wording: QuestionRules,
    settings: Settings,
) -> tuple[list[QuerySheet], list[Failure], int]:
    """Return the sheets of the cases that raise questions, the failures and the number of cases."""
    text_rules = load_text_rules(rules)
    limits, check = case_limits(settings), code_check(reviewer)
    entries, failures = [], []
    for path in paths:
        found, unread = collect(path, limits, check)
        entries += found
        failures += unread
    total = len(entries) + len(failures)
    sheets: dict[str, QuerySheet] = {}
    with progress("临床询问", len(entries)) as step:
        for entry in entries:
            outcome = review_one(entry, lambda read: review(read, reviewer))
            step(1)
            if isinstance(outcome, Failure):
                failures.append(outcome)
                continue
            report, read = outcome
            asked = case_questions(read, report, reviewer, text_rules, wording)
            if report.id in sheets:
                failures.append(Failure(entry.source, (_repeated(),)))
            elif asked:
                sheet = query_sheet(report.id, read.case.admission, asked, report.versions)
                sheets[report.id] = sheet
    return list(sheets.values()), failures, total


def _repeated() -> Problem:
    return Problem("id", "case_id_repeated", "病例标识重复，未再写询问单", "使用不重复的标识")


def _write(path: Path, sheets: list[QuerySheet], wording: QuestionRules) -> None:
    if path.suffix == ".docx":
        write_docx(path, sheets, wording)
    else:
        path.write_text(to_html(sheets, wording), encoding="utf-8")
