"""``zhibian train classifier`` and ``cross-validate``: a hospital's own record classifier."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, case_limits, need_extra, refuse
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.coding.record_codes.features import FAMILIES, TERMS
from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.problems import InputError
from zhibian.records.case_file import SUFFIXES
from zhibian.settings import Settings

if TYPE_CHECKING:
    from zhibian.training.attention_part import AttentionTrainer

OutputOption = Annotated[Path, typer.Option("--output", help="写出目录。")]
BaseOption = Annotated[
    Path | None,
    typer.Option("--base", help="本地 Hugging Face 编码器目录；不给则只训练线性部分。"),
]
CacheOption = Annotated[
    Path | None, typer.Option("--cache", help="词元向量与断点的目录；默认在写出目录中。")
]
DeviceOption = Annotated[str, typer.Option(help="cpu 或 cuda。")]
UnfreezeOption = Annotated[
    int, typer.Option(min=0, help="编码器最上面多少层一同训练；0 为冻结，大于 0 宜用 GPU。")
]
SeedOption = Annotated[int, typer.Option(help="划分与训练的随机种子。")]
CodeSetOption = Annotated[
    str, typer.Option("--code-set", help="病历所填编码的版本，如 nhsa-2.0、clinical-2.0。")
]
_SEED = 20261130
_CLINICAL = "clinical-2.0"


def classifier(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    cases: Annotated[list[Path], typer.Option("--cases", help="已编码病例：文件或文件夹。")],
    output: OutputOption,
    base: BaseOption = None,
    name: Annotated[str, typer.Option(help="模型名称与版本，写入每份结果。")] = "hospital-1",
    code_set: CodeSetOption = "nhsa-2.0",
    spelling: Annotated[
        bool, typer.Option("--spelling", help="线性部分再加字符 n 元；先用交叉验证确认有益。")
    ] = False,
    unfreeze: UnfreezeOption = 0,
    epochs: Annotated[int, typer.Option(min=1, help="最多轮数。")] = 5,
    device: DeviceOption = "cpu",
    seed: SeedOption = _SEED,
    cache: CacheOption = None,
    rules: RulesOption = None,
) -> None:
    """Train a record classifier on a hospital's own coded records."""
    settings = Settings()
    folder = rules or settings.rules
    say = Console(stderr=True, highlight=False).print
    work = cache or output / "work"
    try:
        records_read = [Source("--cases", path, SUFFIXES) for path in cases]
        _check_places("train classifier", records_read, base, output, cache)
        from zhibian.training.classifier import (  # noqa: PLC0415
            Design,
            train,
            vocabulary_of,
            write_model,
        )
        from zhibian.training.records import read_cases  # noqa: PLC0415

        records = read_cases(cases, load_reading_lexicon(folder), case_limits(settings))
        say(f"{len(records)} 份病历")
        vocabulary = vocabulary_of(records, folder, code_set)
        attention = _attention(base, work, device, say, unfreeze=unfreeze, epochs=epochs)
        design = Design(seed, FAMILIES if spelling else (TERMS,))
        trained = train(records, vocabulary, attention, design, folder=work, log=say)
        segment = (512, 64) if attention is None else attention.segment
        write_model(trained, records, output, name=name, seed=seed, segment=segment)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    typer.echo(f"已写出 {output}；请在 README.md 中补上实测，并与病历同等保管")


def cross_validate(  # noqa: PLR0913, PLR0917  (each option of the command is an argument)
    output: OutputOption,
    ccl25: Annotated[
        Path | None, typer.Option("--ccl25", help="CCL25-Eval 任务 8 数据目录。")
    ] = None,
    cases: Annotated[
        list[Path] | None, typer.Option("--cases", help="已编码病例：文件或文件夹。")
    ] = None,
    base: BaseOption = None,
    folds: Annotated[int, typer.Option(min=2, help="折数。")] = 5,
    lists: Annotated[
        bool, typer.Option("--lists", help="只有词条的记录也参加评测，不只参加训练。")
    ] = False,
    baseline: Annotated[bool, typer.Option(help="另测字符 n 元基线，较慢。")] = True,
    code_set: CodeSetOption = "nhsa-2.0",
    unfreeze: UnfreezeOption = 0,
    epochs: Annotated[int, typer.Option(min=1, help="最多轮数。")] = 5,
    device: DeviceOption = "cpu",
    seed: SeedOption = _SEED,
    cache: CacheOption = None,
    rules: RulesOption = None,
) -> None:
    """Cross-validate the record classifier; writes ``results.json``."""
    settings = Settings()
    folder = rules or settings.rules
    say = Console(stderr=True, highlight=False).print
    work = cache or output / "work"
    try:
        records_read = [Source("--cases", path, SUFFIXES) for path in cases or []]
        records_read.append(Source("--ccl25", ccl25, SUFFIXES))
        _check_places("train cross-validate", records_read, base, output, cache)
        from zhibian.training import cross_validate as validation  # noqa: PLC0415
        from zhibian.training.classifier import vocabulary_of  # noqa: PLC0415
        from zhibian.training.records import read_cases, read_ccl25  # noqa: PLC0415

        lexicon, limits = load_reading_lexicon(folder), case_limits(settings)
        records = (
            read_cases(cases or [], lexicon, limits)
            if ccl25 is None
            else read_ccl25(ccl25, lexicon, limits)
        )
        measured = [record for record in records if record.whole or lists]
        extra = [record for record in records if not (record.whole or lists)]
        plan = validation.Plan(measured, extra, folds, seed, baseline)
        edition = code_set if ccl25 is None else _CLINICAL
        vocabulary = vocabulary_of(records, folder, edition)
        attention = _attention(base, work, device, say, unfreeze=unfreeze, epochs=epochs)
        if attention is not None:
            attention.prepare(records)
        found = validation.cross_validate(plan, vocabulary, attention, work, say)
        about: dict[str, Any] = {
            "data": "CCL25-Eval 任务 8" if ccl25 is not None else "cases",
            "code_set": edition,
            "labels": len(vocabulary.labels),
            "encoder": None if attention is None else attention.encoder_sha256,
            "unfreeze": unfreeze,
        }
        results = validation.report(found, plan, about)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    output.mkdir(parents=True, exist_ok=True)
    text = json.dumps(results, ensure_ascii=False, indent=1)
    (output / "results.json").write_text(text + "\n", encoding="utf-8")
    typer.echo(text)


def _check_places(
    command: str, records: Sequence[Source], base: Path | None, output: Path, cache: Path | None
) -> None:
    """Refuse to write among the records or over the encoder that training starts from.

    Raises
    ------
    InputError
        Every such place.
    """
    check_outputs(
        command,
        [*records, Source("--base", base)],
        [OutputFolder("--output", output), OutputFolder("--cache", cache)],
    )


def _attention(
    base: Path | None, work: Path, device: str, log: Any, *, unfreeze: int, epochs: int
) -> AttentionTrainer | None:
    if base is None:
        return None
    need_extra("torch", "transformers", "datasets", "onnx", "onnxruntime", "tokenizers")
    from zhibian.training.attention import Recipe  # noqa: PLC0415
    from zhibian.training.attention_part import AttentionTrainer  # noqa: PLC0415

    return AttentionTrainer(base, Recipe(epochs=epochs, unfreeze=unfreeze), work, device, log)
