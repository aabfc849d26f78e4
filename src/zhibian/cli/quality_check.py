"""``zhibian quality check``: a file of front pages against the rule book (整表质控)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import polars as pl
import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.outputs import OutputFile, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.pack import load_scheme
from zhibian.grouping.reasons import Reason
from zhibian.payment.tariff_files import load_tariff
from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.book import RuleBook
from zhibian.quality.front_page.check_run import FINDINGS, CheckRun, CheckSetup
from zhibian.quality.front_page.check_workbook import write_check
from zhibian.quality.front_page.controls import load_controls
from zhibian.quality.front_page.judge import CHUNK
from zhibian.quality.front_page.page_codes import PageCodes
from zhibian.quality.front_page.page_groups import PageGrouper
from zhibian.quality.front_page.rule_files import load_rule_book
from zhibian.quality.front_page.spool import Spool
from zhibian.quality.front_page.types import Gate, Severity
from zhibian.records.front_page.bad_cells import BadCellFile
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.records.front_page.layouts import Layout
from zhibian.records.front_page.reader import OpenedPages, open_pages
from zhibian.settings import Settings
from zhibian.terminology.crosswalk import load_filed_set
from zhibian.whole_file import whole_file

_SHOWN = 10
_LINES = 1 << 20
_BY_LINES = (".csv", ".txt", ".jsonl", ".ndjson")


def check(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    source: Annotated[
        Path, typer.Argument(help="病案首页：CSV、xlsx、parquet、4101 JSON、病例 JSON/YAML。")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="结果工作簿（.xlsx）。")],
    scheme: Annotated[
        str | None,
        typer.Option("--scheme", help="分组方案标识；不给则不分组，需要分组结果的规则不判定。"),
    ] = None,
    tariff: Annotated[
        str | None, typer.Option("--tariff", help="支付标准标识，须属于所选方案。")
    ] = None,
    code_set: Annotated[
        str | None,
        typer.Option(
            "--code-set", help="首页的编码版本，如 clinical-2.0，先转为医保版；缺省为医保版 2.0。"
        ),
    ] = None,
    gate: Annotated[
        Gate | None,
        typer.Option(
            "--gate", help="只判定一个闸口的规则：entry 录入时，settlement 结算前，archive 归档后。"
        ),
    ] = None,
    controls: Annotated[
        Path | None, typer.Option("--controls", help="管控文件（YAML）：停用、改级别、抑制。")
    ] = None,
    layout: Annotated[
        Layout | None, typer.Option("--from", help="来源布局；缺省按表头与内容识别。")
    ] = None,
    bad: Annotated[
        Path | None,
        typer.Option("--bad", help="把不能采用的行和单元格另存为 CSV（含单元格内容）。"),
    ] = None,
    findings: Annotated[
        Path | None,
        typer.Option(
            "--findings", help="把全部问题另存为 CSV 或 parquet；工作簿每表最多列 10 万条。"
        ),
    ] = None,
    today: Annotated[
        str | None, typer.Option("--today", help="判断日（YYYY-MM-DD）；缺省为今天。")
    ] = None,
    rules: RulesOption = None,
) -> None:
    """整表质控：规则、完整度、评分、排除病例、未入组，写成工作簿。

    分批读入，每批 131,072 行；同一病案号各次住院、科室占比等须比较多份首页的规则在一批内比较。
    """
    folder = rules or Settings().rules
    try:
        check_outputs(
            "quality check",
            [Source("SOURCE", source), Source("--controls", controls)],
            [
                OutputFile("--output", output, (".xlsx",)),
                OutputFile("--bad", bad),
                OutputFile("--findings", findings, (".csv", ".parquet")),
            ],
        )
        catalogue = load_catalogue(folder)
        book = load_rule_book(folder)
        setup = CheckSetup(
            rules=folder,
            catalogue=catalogue,
            book=book,
            gate=gate,
            controls=load_controls(controls, book) if controls else (),
            grouper=_grouper(folder, scheme, tariff),
            codes=_codes(folder, code_set, book),
            today=_day(today),
        )
        opened = open_pages(source, catalogue, layout, CHUNK)
        with TemporaryDirectory(prefix="zhibian-quality-") as kept, BadCellFile(bad) as cells:
            run = CheckRun(setup, Spool(Path(kept)))
            with progress("质控", _lines(source)) as step:
                for table in opened.chunks:
                    cells.add(table.bad)
                    run.add(table)
                    step(table.cells.height)
            if not run.rows and not cells.counts:
                empty = Problem(source.name, "no_rows", "没有数据行", "检查导出是否完成")
                raise InputError(source.name, [empty])
            if findings:
                _write_findings(findings, run)
            write_check(output, run, source.name)
            _print(run, opened, cells, source, output)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    except OSError as error:
        name = Path(error.filename).name if error.filename else output.name
        wrong = Problem(
            name, "unwritable", "不能写入", "检查路径、权限与磁盘空间，关闭已打开的工作簿"
        )
        raise refuse([wrong]) from None


def _day(written: str | None) -> date:
    if written is None:
        return date.today()
    try:
        return date.fromisoformat(written)
    except ValueError:
        wrong = Problem("--today", "date_invalid", "不是日期", "写成 YYYY-MM-DD")
        raise InputError("quality check", [wrong]) from None


def _grouper(rules: Path, scheme: str | None, tariff: str | None) -> PageGrouper | None:
    if scheme is None:
        if tariff is not None:
            message = "给了支付标准，没有给分组方案"
            wrong = Problem("--tariff", "scheme_missing", message, "同时给 --scheme")
            raise InputError("quality check", [wrong])
        return None
    pack = load_scheme(rules, scheme)
    prices = load_tariff(rules, tariff) if tariff else None
    if prices is not None and prices.scheme != pack.scheme:
        message = f"支付标准 {prices.id} 属于方案 {prices.scheme}"
        wrong = Problem("--tariff", "scheme_differs", message, "改用该方案，或换一个支付标准")
        raise InputError("quality check", [wrong])
    return PageGrouper(pack, load_codebook(rules), prices)


def _codes(rules: Path, code_set: str | None, book: RuleBook) -> PageCodes | None:
    if code_set is None:
        return None
    known = book.resources
    return PageCodes(load_filed_set(rules, code_set), known.diagnoses, known.procedures)


def _lines(path: Path) -> int:
    """Return about how many rows a file has, for the progress bar."""
    if path.suffix.lower() not in _BY_LINES or not path.is_file():
        return 1
    with path.open("rb") as handle:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: handle.read(_LINES), b""))


def _write_findings(path: Path, run: CheckRun) -> None:
    parts = list(run.spool.parts(FINDINGS))
    with whole_file(path) as written:
        if path.suffix.lower() == ".parquet":
            (pl.concat(parts) if parts else pl.DataFrame()).write_parquet(written)
            return
        with written.open("wb") as target:
            for number, part in enumerate(parts):
                part.write_csv(target, include_header=not number, include_bom=not number)


def _print(
    run: CheckRun, opened: OpenedPages, cells: BadCellFile, source: Path, output: Path
) -> None:
    screen = Console(highlight=False, markup=False, soft_wrap=True)
    encoding = f"，{opened.encoding.upper()}" if opened.encoding else ""
    screen.print(f"{source.name}：{opened.layout.chinese}{encoding}，{run.rows:,} 份首页")
    total = cells.counts.total()
    if total:
        screen.print(f"不能采用的单元格或行 {total:,} 个，已置空或略过；加 --bad FILE 逐个列出")
    if run.setup.codes:
        kinds = run.setup.codes.kinds().most_common()
        counts = "，".join(f"{kind} {number:,}" for kind, number in kinds)
        screen.print(f"编码由{run.setup.codes.title}转为医保版：{counts}")
    judged = len(run.setup.book.rules) - len(run.not_judged)
    judged -= sum(rule.needs_documents for rule in run.setup.book.rules.values())
    screen.print(
        f"规则 {len(run.setup.book.rules)} 条（检测 {len(run.setup.book.checks):,} 项），"
        f"判定 {judged} 条，其余见“未判定规则”"
    )
    found = run.by_check()
    if found.height:
        grades = dict(found.group_by("severity").agg(pl.col("findings").sum()).iter_rows())
        counts = "，".join(f"{s.chinese} {grades.get(s.value, 0):,}" for s in Severity)
        screen.print(f"问题 {sum(grades.values()):,} 个：{counts}")
        for rule, number, cases in (
            run.by_rule().sort("cases", descending=True).head(_SHOWN).iter_rows()
        ):
            title = run.setup.book.rules[rule].title
            screen.print(f"  {rule} {title}：{number:,} 个，{cases:,} 例")
    else:
        screen.print("没有发现问题")
    if run.rows:
        _print_figures(screen, run)
    screen.print(f"结果 {output}")


def _print_figures(screen: Console, run: CheckRun) -> None:
    items = run.completeness.items()
    due, missing = int(items["due"].sum()), int(items["missing"].sum())
    if due:
        screen.print(
            f"完整率 {100 * (due - missing) / due:.2f}%（应填 {due:,} 项次，缺 {missing:,}）"
        )
    _, _, _, mean, median, low = run.scores.by_department().row(0)
    limit = f"低于 {run.scoring.threshold:g} 分 {100 * low:.1f}%"
    screen.print(f"首页评分 平均 {mean:.1f}，中位 {median:.1f}，{limit}")
    screen.print(f"排除病例 {run.excluded_cases:,} 例")
    if run.setup.grouper:
        rate = 100 * run.entered_cases / run.counted_cases if run.counted_cases else 0.0
        screen.print(
            f"方案 {run.setup.grouper.scheme}：除排除病例外 {run.counted_cases:,} 例，"
            f"入组 {run.entered_cases:,} 例，入组率 {rate:.2f}%"
        )
        for reason, number in run.reasons.most_common():
            said = Reason(reason).chinese if reason else "没有入组"
            screen.print(f"  {reason} {said}：{number:,} 例")
