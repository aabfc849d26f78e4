"""``zhibian link``: terms to codes, one a line (术语链接)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from zhibian.cli.common import RulesOption, refuse
from zhibian.coding.terms.linker import BATCH, LONGEST
from zhibian.coding.terms.load import CODE_SETS, load_linker, target_codes, target_codes_of_file
from zhibian.coding.terms.model import LinkModel, load_link_model
from zhibian.coding.terms.names import TargetCode
from zhibian.coding.terms.types import LinkedCode, TermEncoder, TermLink
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings

_REMEDY = "安装 zhibian[models]，或去掉 --encoder on 以只按字面链接"


def link(
    code_set: Annotated[
        str | None, typer.Option("--code-set", help=f"编码表标识：{'、'.join(CODE_SETS)}。")
    ] = None,
    code_set_file: Annotated[
        Path | None,
        typer.Option("--code-set-file", help="编码文件：每行 编码<TAB>名称，UTF-8。"),
    ] = None,
    encoder: Annotated[
        str,
        typer.Option("--encoder", help="auto 有则用，on 必须用，off 不用神经网络编码器。"),
    ] = "auto",
    rules: RulesOption = None,
) -> None:
    """把标准输入的术语（每行一条）链接到编码，每条输出一行 JSON。

    复合术语可得到多个编码。输出含 term、codes（code、name、score）、alternatives（次优编码）、
    method（encoder 或 spelling）。
    """
    settings = Settings()
    folder = rules or settings.rules
    try:
        codes = _codes(folder, code_set, code_set_file)
        model = load_link_model(settings.models)
        used = _encoder(model, encoder)
        if used is None and encoder == "auto":
            _say("未安装神经网络扩展（zhibian[models]），只按字面链接")
        linker = load_linker(folder, codes, model, used, settings.cache, _say)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    waiting = sys.stdin.isatty()
    try:
        for answer in linker.link(_lines(), batch_size=1 if waiting else BATCH):
            sys.stdout.write(json.dumps(as_json(answer), ensure_ascii=False) + "\n")
            if waiting:
                sys.stdout.flush()
    except InputError as error:
        sys.stdout.flush()
        raise refuse(error.problems, error.source) from None


def as_json(answer: TermLink) -> dict[str, object]:
    """Return one output line as a mapping."""
    return {
        "term": answer.term,
        "codes": _listed(answer.codes),
        "alternatives": _listed(answer.alternatives),
        "method": answer.method,
    }


def _listed(codes: Sequence[LinkedCode]) -> list[dict[str, object]]:
    return [{"code": c.code, "name": c.name, "score": c.score} for c in codes]


def _codes(rules: Path, code_set: str | None, file: Path | None) -> list[TargetCode]:
    if (code_set is None) == (file is None):
        message = "须指定编码表，且只能指定一个"
        remedy = "用 --code-set 或 --code-set-file 之一"
        raise InputError("link", [Problem("--code-set", "code_set_choice", message, remedy)])
    if file is not None:
        return target_codes_of_file(file)
    return target_codes(rules, str(code_set))


def _encoder(model: LinkModel, wanted: str) -> TermEncoder | None:
    """Return the encoder, or None where it is not wanted or not installed."""
    if wanted not in ("auto", "on", "off"):
        message = "取值须为 auto、on 或 off"
        raise InputError("link", [Problem("--encoder", "encoder_choice", message, "改正取值")])
    if wanted == "off":
        return None
    try:
        # The neural libraries are an extra; the command works without them.
        from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415
    except ImportError:
        if wanted == "auto":
            return None
        message = "没有安装 onnxruntime 或 tokenizers"
        problem = Problem("--encoder", "extra_missing", message, _REMEDY)
        raise InputError("link", [problem]) from None
    return load_encoder(model)


def _lines() -> Iterator[str]:
    """Yield the terms of standard input, one a line.

    Raises
    ------
    InputError
        A line is not UTF-8; the lines before it have been yielded.
    """
    for number, line in enumerate(sys.stdin.buffer, start=1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            message = "该行不是 UTF-8 编码"
            remedy = "先转换编码，如 iconv -f GB18030 -t UTF-8"
            raise InputError(
                "link", [Problem(f"第 {number} 行", "not_utf8", message, remedy)]
            ) from None
        if len(text) > LONGEST:
            _say(f"第 {number} 行有 {len(text):,} 字，只取前 {LONGEST} 字链接")
        yield text


def _say(message: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(message)
