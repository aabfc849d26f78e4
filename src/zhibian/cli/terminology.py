"""``zhibian terminology``: rebuild and verify code sets and crosswalks (编码表)."""

from __future__ import annotations

import typer

from zhibian.cli.common import FactsOption, RulesOption, refuse
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.problems import InputError
from zhibian.settings import Settings
from zhibian.terminology.build import build_terminology
from zhibian.terminology.code_set import FOLDER
from zhibian.terminology.verify import check_terminology

app = typer.Typer(help="编码字典与映射表：重建、校验。", no_args_is_help=True)


@app.command(help="由公布的编码表重建字典、映射与同码不同义清单。")
def build(facts: FactsOption, rules: RulesOption = None) -> None:
    """Rebuild code sets, crosswalks and homonym lists."""
    folder = rules or Settings().rules
    try:
        check_outputs(
            "terminology build",
            [Source("--facts", facts / "terminology")],
            [OutputFolder("--rules", folder / FOLDER)],
        )
        report = build_terminology(facts / "terminology", folder / FOLDER)
    except InputError as error:
        raise refuse(error.problems) from None
    for table in report.tables:
        typer.echo(f"{table.id}：{table.rows:,} 行，sha256 {table.sha256[:12]}")


@app.command(help="校验编码表与清单一致。")
def check(rules: RulesOption = None) -> None:
    """Verify the tables against their manifest."""
    problems = check_terminology(rules or Settings().rules)
    if problems:
        raise refuse(problems)
    typer.echo("编码表与清单一致")
