"""``zhibian code``: review cases, from one file or a whole folder (编码审核)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from zhibian.cli.classifier_option import ClassifierOption
from zhibian.cli.common import REFUSED, RulesOption, case_limits, refuse, tell
from zhibian.cli.models import ModelsOption, with_models
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.grouping.table_files import PARQUET, WORKBOOKS
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import SUFFIXES, case_files, read_raw
from zhibian.records.case_json import CodeCheck, Limits, ReadCase, case_from_mapping
from zhibian.records.field_record import case_from_fields, is_field_record
from zhibian.review.pipeline import review
from zhibian.review.render import show
from zhibian.review.report import CaseReport
from zhibian.review.reviewer import code_check, load_reviewer
from zhibian.settings import Settings

PROBLEM_FILE = "_problems.json"
_PROGRESS_FROM = 40
_TABLES = {*WORKBOOKS, PARQUET, ".csv"}

Loader = Callable[[], ReadCase]


@dataclass(frozen=True, slots=True)
class Entry:
    """One case to be read: where it comes from, and how to read it."""

    source: str
    load: Loader


@dataclass(frozen=True, slots=True)
class Failure:
    """A case or file that could not be reviewed, and why."""

    source: str
    problems: tuple[Problem, ...]


def code(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    path: Annotated[
        Path, typer.Argument(help="病例文件（JSON 或 YAML），或其文件夹。", show_default=False)
    ],
    scheme: Annotated[str | None, typer.Option(help="分组方案，如 chs-drg-1.1。")] = None,
    tariff: Annotated[
        str | None, typer.Option(help="支付标准，如 linyi-2022；none 不计支付。")
    ] = None,
    variant: Annotated[str | None, typer.Option(help="费率类别，如 三级职工。")] = None,
    output_format: Annotated[
        Literal["text", "json"],
        typer.Option("--format", help="屏幕输出；json 为每行一例。"),
    ] = "text",
    output: Annotated[
        Path | None, typer.Option(help="结果文件夹：每例写 <病例标识>.json。")
    ] = None,
    models: ModelsOption = "auto",
    classifier: ClassifierOption = None,
    rules: RulesOption = None,
) -> None:
    """Review cases; exit code 2 when any of them could not be read."""
    settings = Settings()
    try:
        check_outputs(
            "code",
            [Source("PATH", path, SUFFIXES), Source("--classifier", classifier)],
            [OutputFolder("--output", output, (".json",))],
        )
        where = rules or settings.rules
        reviewer = with_models(
            load_reviewer(where, scheme or settings.scheme, tariff or settings.tariff, variant),
            models,
            where,
            settings,
            classifier,
        )
        limits = case_limits(settings)
        entries, failures = collect(path, limits, code_check(reviewer))
        if output is not None:
            _make_output(output)
    except InputError as bad:
        raise refuse(bad.problems, bad.source) from None
    printer = Console(highlight=False)
    written: dict[str, str] = {}
    for entry in with_progress(entries):
        outcome = review_one(entry, lambda read: review(read, reviewer))
        if isinstance(outcome, Failure):
            failures.append(outcome)
            continue
        report, read = outcome
        if output is not None:
            target = output / f"{report.id}.json"
            earlier = written.setdefault(report.id, entry.source)
            if target.name == PROBLEM_FILE:
                failures.append(Failure(entry.source, (_reserved(),)))
                continue
            if earlier != entry.source:
                failures.append(Failure(entry.source, (_repeated(earlier),)))
                continue
            target.write_text(to_json(report, indent=2), encoding="utf-8")
        if output_format == "json":
            if output is None:
                typer.echo(to_json(report, indent=None))
        elif output is None or len(entries) == 1:
            show(report, [document.title for document in read.case.documents], printer)
    for failure in failures:
        tell(failure.problems, failure.source)
    if output is not None:
        _write_problems(output, failures)
    _count(len(entries) + _unread(failures, entries), len(failures))
    if failures:
        raise typer.Exit(REFUSED)


def to_json(report: CaseReport, indent: int | None) -> str:
    """Return a report as JSON text, Chinese as written."""
    return json.dumps(report.model_dump(mode="json"), ensure_ascii=False, indent=indent)


def collect(path: Path, limits: Limits, check: CodeCheck) -> tuple[list[Entry], list[Failure]]:
    """Return the cases of a file or folder; files that can't be read at all are failures."""
    if path.is_dir():
        files = [p for p in case_files(path) if p.name != PROBLEM_FILE]
        if not files:
            raise InputError(
                path.name,
                [
                    Problem(
                        "路径",
                        "folder_empty",
                        f"文件夹中没有病例文件（{'、'.join(SUFFIXES)}）",
                        "指向病例文件夹",
                    )
                ],
            )
    elif path.is_file():
        files = [path]
    else:
        raise InputError(
            path.name,
            [Problem("路径", "path_missing", "没有这个文件或文件夹", "核对路径")],
        )
    entries: list[Entry] = []
    failures: list[Failure] = []
    for file in files:
        if file.suffix.lower() in _TABLES:
            failures.append(Failure(file.name, (_no_case(),)))
            continue
        try:
            raw = read_raw(file, limits)
            entries.extend(_entries(raw, file.name, limits, check))
        except InputError as bad:
            failures.append(Failure(bad.source, bad.problems))
        except OSError:
            failures.append(
                Failure(
                    file.name,
                    (Problem("文件", "file_unreadable", "文件无法打开", "检查读取权限"),),
                )
            )
    return entries, failures


def _entries(raw: object, source: str, limits: Limits, check: CodeCheck) -> Iterator[Entry]:
    cases = raw if isinstance(raw, list) else [raw]
    for index, case in enumerate(cases):
        name = f"{source}[{index}]" if isinstance(raw, list) else source
        yield Entry(name, _loader(case, name, limits, check))


def _loader(raw: object, source: str, limits: Limits, check: CodeCheck) -> Loader:
    def load() -> ReadCase:
        if isinstance(raw, dict) and is_field_record(raw):
            return case_from_fields(raw, source, limits)
        return case_from_mapping(raw, source, limits, check)

    return load


def review_one(
    entry: Entry, run: Callable[[ReadCase], CaseReport]
) -> tuple[CaseReport, ReadCase] | Failure:
    """Read and review one case; whatever goes wrong is a failure of this case alone."""
    try:
        read = entry.load()
        return run(read), read
    except InputError as bad:
        return Failure(entry.source, bad.problems)
    except Exception as bug:  # a batch always finishes; the text of an error may quote a record
        return Failure(
            entry.source,
            (
                Problem(
                    "程序",
                    "internal_error",
                    f"处理本例时程序出错（{type(bug).__name__}）",
                    "其余病例不受影响；请附病例标识报告此问题",
                ),
            ),
        )


def _make_output(output: Path) -> None:
    """Make the folder of results."""
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError:
        problem = Problem(
            "--output", "output_unusable", "不能建立结果文件夹", "核对路径与写入权限，或另选文件夹"
        )
        raise InputError(output.name, [problem]) from None


def _no_case() -> Problem:
    message = "是表格，这里须为带文书的病例文件（JSON 或 YAML）"
    remedy = "首页表用 zhibian screen 或 zhibian quality check；病例格式见 zhibian schema case"
    return Problem("文件", "table_given", message, remedy)


def _reserved() -> Problem:
    return Problem(
        "id", "case_id_reserved", f"病例标识与 {PROBLEM_FILE} 冲突，未写结果", "换一个病例标识"
    )


def _repeated(earlier: str) -> Problem:
    return Problem(
        "id", "case_id_repeated", f"病例标识与 {earlier} 相同，未覆盖已写结果", "使用不重复的标识"
    )


def with_progress(entries: Sequence[Entry]) -> Iterable[Entry]:
    """Show progress for long runs only: a single case finishes before a bar could help."""
    if len(entries) < _PROGRESS_FROM:
        yield from entries
        return
    columns = (
        TextColumn("编码审核"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield from progress.track(entries)


def _write_problems(output: Path, failures: Sequence[Failure]) -> None:
    path = output / PROBLEM_FILE
    if not failures:
        path.unlink(missing_ok=True)
        return
    rows = [
        {
            "source": failure.source,
            "problems": [
                {
                    "field": problem.field,
                    "code": problem.code,
                    "message": problem.message,
                    "remedy": problem.remedy,
                    "value": problem.value,
                    "severity": problem.severity,
                }
                for problem in failure.problems
            ],
        }
        for failure in failures
    ]
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=2), encoding="utf-8")


def _unread(failures: Sequence[Failure], entries: Sequence[Entry]) -> int:
    """Return how many failures are files that never became a case."""
    sources = {entry.source for entry in entries}
    return sum(failure.source not in sources for failure in failures)


def _count(total: int, failed: int) -> None:
    if total > 1 or failed:
        Console(stderr=True, highlight=False).print(
            f"共 {total} 例：完成 {total - failed} 例，未完成 {failed} 例"
        )
