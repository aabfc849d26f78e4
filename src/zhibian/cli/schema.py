"""``zhibian schema``: print the published JSON Schemas (数据格式说明)."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel

from zhibian.evaluation.coders.answer_pages import PageLine
from zhibian.evaluation.experiments.spec import ExperimentOut
from zhibian.evaluation.results import Results
from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.payment.what_if_report import WhatIfReport
from zhibian.records.types import Case
from zhibian.review.report import CaseReport

FORMATS: dict[str, type[BaseModel]] = {
    "case": Case,
    "report": CaseReport,
    "what-if": WhatIfReport,
    "results": Results,
    "experiment": ExperimentOut,
    "task": TaskSpec,
    "dataset": DatasetSpec,
    "answers": PageLine,
}
# Formats that are read, not written: their schema says what may stand in a file.
_READ = frozenset({"case", "task", "dataset", "answers"})


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a format: ``case``, ``report``, ``results`` …."""
    model = FORMATS[name]
    mode: Literal["validation", "serialization"] = (
        "validation" if name in _READ else "serialization"
    )
    schema = model.model_json_schema(mode=mode)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema(
    name: Annotated[
        Literal["case", "report", "what-if", "results", "experiment", "task", "dataset", "answers"],
        typer.Argument(
            help="case 病例，report 审核，what-if 改动与敏感性，results 评测，experiment 实验，"
            "task 评测任务，dataset 数据集登记，answers 外部系统的编码结果（一行）。"
        ),
    ],
) -> None:
    """Print the JSON Schema of a format."""
    typer.echo(json.dumps(json_schema(name), ensure_ascii=False, indent=2))
