"""Write and read results and outcomes (评测结果的读写): whole files, or none."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from zhibian.evaluation.coders.parameters import reason_of
from zhibian.evaluation.measured import Measured
from zhibian.evaluation.results import Results
from zhibian.problems import InputError, Problem

RESULTS = "results.json"
OUTCOMES = "outcomes.jsonl"
# Line breaks stand between members alone: within texts JSON writes them as \\n.
_LEAF = re.compile(r"\{\n\s+([^{}\[\]]*?)\n\s*\}")
_BREAK = re.compile(r",\n\s+")
_NO_JSON = "不是有效的 JSON"
_REMEDY = "重新运行 zhibian evaluate run，或换用其 results.json"


def write_results(results: BaseModel, folder: Path) -> Path:
    """Write ``results.json`` into a folder, whole or not at all; return its path."""
    text = _LEAF.sub(_in_one_line, results.model_dump_json(indent=1))
    return write_whole(folder / RESULTS, f"{text}\n")


def _in_one_line(leaf: re.Match[str]) -> str:
    """Return an object without objects in it on one line: half the size, and a line a figure."""
    return "{" + _BREAK.sub(", ", leaf[1]) + "}"


def write_outcomes(measured: Iterable[Measured], outcome: Any, folder: Path) -> Path:
    """Write what every system did by question: codes, groups, amounts, never text.

    Parameters
    ----------
    measured
        Systems.
    outcome
        Type of an outcome.
    folder
        Where ``outcomes.jsonl`` goes.
    """
    writer = TypeAdapter(outcome)
    lines = (
        json.dumps(
            {
                "system": run.name,
                "id": example.id,
                "record": example.record,
                "outcome": writer.dump_python(one, mode="json"),
            },
            ensure_ascii=False,
        )
        for run in measured
        for example, one in zip(run.examples, run.outcomes, strict=True)
    )
    return write_whole(folder / OUTCOMES, "".join(f"{line}\n" for line in lines))


def drop_outcomes(folder: Path) -> None:
    """Remove outcomes that an earlier run left in a folder, before other results are written."""
    (folder / OUTCOMES).unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> Path:
    """Write a text file so that a reader never meets a half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)
    return path


def read_results(path: Path) -> Results:
    """Return the results of a file, or of the folder that holds one.

    Raises
    ------
    InputError
        It is absent or no result; every field that is wrong is named.
    """
    file = path / RESULTS if path.is_dir() else path
    try:
        return Results.model_validate_json(file.read_bytes())
    except OSError:
        problem = Problem("路径", "results_missing", "没有评测结果文件", _REMEDY)
        raise InputError(file.name, [problem]) from None
    except ValidationError as wrong:
        problems = [
            Problem(
                ".".join(map(str, error["loc"])) or "文件",
                "results_invalid",
                _NO_JSON if error["type"] == "json_invalid" else f"该项{reason_of(error['type'])}",
                _REMEDY,
            )
            for error in wrong.errors(include_input=False, include_url=False)
        ]
        raise InputError(file.name, problems) from None


def read_outcomes(path: Path, outcome: Any) -> Mapping[str, Mapping[str, tuple[str, Any]]]:
    """Return outcomes by system and id of the question, each with its record.

    Raises
    ------
    InputError
        The file is absent, or a line is none of ``write_outcomes``.
    """
    reader = TypeAdapter(outcome)
    found: dict[str, dict[str, tuple[str, Any]]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        message = "没有逐例结果文件，或不是 UTF-8"
        problem = Problem("路径", "outcomes_missing", message, _REMEDY)
        raise InputError(path.name, [problem]) from None
    for number, line in enumerate(lines, start=1):
        try:
            told = json.loads(line)
            one = reader.validate_python(told["outcome"], strict=False)
            found.setdefault(told["system"], {})[told["id"]] = (told["record"], one)
        except (ValueError, KeyError, TypeError):
            problem = Problem(f"第 {number} 行", "outcome_invalid", "不是逐例结果", _REMEDY)
            raise InputError(path.name, [problem]) from None
    return found
