"""``zhibian rules import``: the official 3.0 workbook becomes a rule pack (导入官方规则工作簿)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import RulesOption, refuse
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.grouping.codebook import load_codebook
from zhibian.grouping.workbook_pack import editions
from zhibian.grouping.workbook_pack import import_workbook as import_pack
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

_SHOWN_PROBLEMS = 50


def import_workbook(
    workbook: Annotated[Path, typer.Argument(help="官方发布的规则工作簿（.xlsx）。")],
    edition: Annotated[str, typer.Option("--edition", help="版本，例如 3.0。")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", help="规则包目录；缺省为规则目录下的 chs-drg/<版本>，导入后即可使用。"
        ),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """导入官方规则工作簿，生成规则包和导入报告（report.json）。"""
    folder = rules or Settings().rules
    known = editions(folder)
    if edition not in known:
        available = f"可导入的版本：{'、'.join(known) or '无'}"
        problem = Problem("--edition", "edition_unknown", "没有这个版本", available, edition)
        raise refuse([problem])
    target = out or folder / "chs-drg" / edition
    try:
        check_outputs(
            "rules import",
            [Source("WORKBOOK", workbook)],
            [OutputFolder("--out", target, (".csv", ".json", ".yaml"))],
        )
        report = import_pack(workbook, known[edition], target, load_codebook(folder))
    except InputError as error:
        left = len(error.problems) - _SHOWN_PROBLEMS
        exit_ = refuse(error.problems[:_SHOWN_PROBLEMS], error.source)
        if left > 0:
            typer.echo(f"  另有 {left:,} 个问题", err=True)
        raise exit_ from None
    for line in report.render():
        typer.echo(line)
    if report.complete:
        typer.echo(f"数量与公布的一致。分组：zhibian group TABLE --scheme {report.scheme}")
    else:
        typer.echo(f"数量或覆盖与公布的不一致，先核对上面各项再使用 {report.scheme}")
