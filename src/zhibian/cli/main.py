"""The ``zhibian`` command (智编命令行)."""

from __future__ import annotations

from typing import Annotated

import typer

import zhibian
from zhibian.cli import evaluate, models, pages, quality, rules, tariffs, terminology, train
from zhibian.cli.code import code
from zhibian.cli.deidentify import deidentify
from zhibian.cli.deviation import deviation
from zhibian.cli.group import group
from zhibian.cli.link import link
from zhibian.cli.queries import queries
from zhibian.cli.schema import schema
from zhibian.cli.screen import screen
from zhibian.cli.settle import settle
from zhibian.cli.synth import synth
from zhibian.cli.what_if import what_if_command

app = typer.Typer(
    name="zhibian",
    help="智编：住院病案编码建议、CHS-DRG 分组、漏报与无依据提示、支付偏差。",
    no_args_is_help=True,
    # A traceback with local variables would print patient text.
    pretty_exceptions_enable=False,
)
app.command(help="编码审核：编码建议与依据、分组、漏报与无依据提示、支付偏差。")(code)
app.command(help="批量分组：读入 CSV，加上分组结果写出。")(group)
app.command(help="批量筛查：一批首页的疑似漏报、无依据与首页问题，写成工作清单（xlsx）。")(screen)
app.command(help="结算测算：类型、倍率、应付、盈亏与汇总，写出工作簿或表格。")(settle)
app.command(help="支付偏差：填报与建议编码分别结算，双向列出差额、CMI 差与区间。")(deviation)
app.command("what-if")(what_if_command)
app.command(help="临床询问单：按病例写出中性询问，可打印（html）或填写（docx）。")(queries)
app.command(help="术语链接：标准输入每行一条术语，输出编码、名称和得分（JSON 行）。")(link)
app.command(help="输出病例、审核结果、改动、评测结果、实验的 JSON Schema。")(schema)
app.command()(deidentify)
app.command(help="合成病案首页：用于压力测试与演示的虚构表格，逐行标明 synthetic=1。")(synth)
app.add_typer(rules.app, name="rules")
app.add_typer(quality.app, name="quality")
app.add_typer(terminology.app, name="terminology")
app.add_typer(tariffs.app, name="tariffs")
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(models.app, name="models")
app.add_typer(pages.app, name="pages")
app.add_typer(train.app, name="train")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhibian {zhibian.__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="显示版本。", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Hold the options of the program itself."""
