"""``zhibian schema``: print the published JSON Schemas (数据格式说明)."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

import typer
from pydantic import BaseModel

from zhibian.evaluation.coders.answer_pages import PageLine
from zhibian.payment.what_if_report import WhatIfReport
from zhibian.records.types import Case
from zhibian.review.report import CaseReport

FORMATS: dict[str, type[BaseModel]] = {
    "case": Case,
    "report": CaseReport,
    "what-if": WhatIfReport,
    "answers": PageLine,
}
#: What others write and this program reads.
_READ = {"case", "answers"}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a format: ``case``, ``report``, ``what-if``, ``answers``."""
    model = FORMATS[name]
    mode: Literal["validation", "serialization"] = (
        "validation" if name in _READ else "serialization"
    )
    schema = model.model_json_schema(mode=mode)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def schema(
    name: Annotated[
        Literal["case", "report", "what-if", "answers"],
        typer.Argument(
            help="case 病例，report 审核结果，what-if 改动与敏感性，answers 外部系统的编码结果。"
        ),
    ],
) -> None:
    """Print the JSON Schema of a format."""
    typer.echo(json.dumps(json_schema(name), ensure_ascii=False, indent=2))
