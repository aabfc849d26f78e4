"""``zhibian deidentify``: records without what identifies the patient (病历去标识化)."""

from __future__ import annotations

import json
import secrets
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from zhibian.cli.common import RulesOption, case_limits, refuse, tell
from zhibian.cli.outputs import OutputFolder, Source, check_outputs
from zhibian.cli.progress import progress
from zhibian.problems import InputError, Problem
from zhibian.records.case_file import SUFFIXES, case_files, read_raw
from zhibian.records.case_json import Limits, case_from_mapping
from zhibian.records.deidentify.apply import deidentify as without_identifiers
from zhibian.records.deidentify.rules import Kind, Rules, load_rules
from zhibian.settings import Settings

_SHORTEST_KEY = 16


def deidentify(
    cases: Annotated[list[Path], typer.Argument(help="病例文件（JSON、YAML）或其目录。")],
    output: Annotated[Path, typer.Option("--output", "-o", help="写去标识化病例的目录。")],
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--key-file",
            help="密钥文件（至少 16 字节）：同一密钥下标识与日期平移不变。缺省用一次性密钥。",
        ),
    ] = None,
    rules: RulesOption = None,
) -> None:
    """去标识化：姓名、证件号、电话、地址、机构、病历号换成占位，日期整周前移；原文件不动。

    逐例写出，只报处数，不显示内容。占位替换不等于匿名：发布前仍须人工抽查。
    """
    settings = Settings()
    limits = case_limits(settings)
    try:
        check_outputs(
            "deidentify",
            [*(Source("CASES", path, SUFFIXES) for path in cases), Source("--key-file", key_file)],
            [OutputFolder("--output", output, (".json",))],
        )
        found = load_rules(rules or settings.rules)
        key = _key(key_file)
        output.mkdir(parents=True, exist_ok=True)
    except InputError as error:
        raise refuse(error.problems) from None
    except OSError:
        problem = Problem("--output", "unwritable", "目录不能写", "换一个目录")
        raise refuse([problem]) from None
    files = [f for given in cases for f in (case_files(given) if given.is_dir() else [given])]
    replaced: Counter[Kind] = Counter()
    refused = 0
    with progress("去标识化", len(files)) as step:
        for file in files:
            refused += not _write_one(file, output, found, key, limits, replaced)
            step(1)
    told = "，".join(f"{found.titles[kind]} {count}" for kind, count in sorted(replaced.items()))
    typer.echo(f"{len(files) - refused} 例已写入 {output}；替换 {told or '0 处'}")
    if refused:
        typer.echo(f"{refused} 个文件未写出，见上", err=True)
        raise typer.Exit(2)


def _key(file: Path | None) -> bytes:
    if file is None:
        return secrets.token_bytes(32)
    try:
        key = file.read_bytes().strip()
    except OSError:
        key = b""
    if len(key) < _SHORTEST_KEY:
        problem = Problem(
            "--key-file", "key_invalid", "密钥文件不存在或不足 16 字节", "换一个密钥文件"
        )
        raise InputError("key", [problem])
    return key


def _write_one(
    file: Path, output: Path, rules: Rules, key: bytes, limits: Limits, replaced: Counter[Kind]
) -> bool:
    try:
        raw: Any = read_raw(file, limits)
        case_from_mapping(raw, file.name, limits)
    except InputError as error:
        tell(error.problems, file.name)
        return False
    except OSError:
        tell([Problem(file.name, "unreadable", "文件不能读取", "检查路径与权限")])
        return False
    result = without_identifiers(raw, rules, key)
    replaced.update(result.replaced)
    text = json.dumps(result.case, ensure_ascii=False, indent=1)
    (output / f"{result.case['id']}.json").write_text(text + "\n", encoding="utf-8")
    return True
