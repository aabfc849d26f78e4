"""Tiny invented data sets: one row of every layout, and definitions over them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from zhibian.evaluation.data.load import Library
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.data.registry import DataFolders
from zhibian.evaluation.tasks.spec import DatasetSpec, TaskSpec
from zhibian.records.case_json import Limits

READING = Reading("nhsa-2.0", Limits(100_000, 1_000_000))

TERMS = tuple((f"虚构诊断{n}", f"标准名称{n % 3}") for n in range(60))


def write_json(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return path


def write_terms(folder: Path, name: str = "train.json") -> Path:
    return write_json(folder, name, [{"text": t, "normalized_result": n} for t, n in TERMS])


def case(
    name: str, *, story: str = "咳嗽三天", department: str | None = "呼吸内科"
) -> dict[str, Any]:
    """An invented case with gold, its evidence and a filed page that lacks a code."""
    return {
        "format": "zhibian-case/1",
        "id": name,
        "admission": {"sex": "1", "age": 60, "department": department},
        "documents": [
            {"type": "出院记录", "text": f"现病史：{story}。出院诊断：1.肺炎 2.高血压病"}
        ],
        "coded_front_page": {"principal": {"code": "J18.900"}, "others": [], "procedures": []},
        "gold": {
            "principal": {"code": "J18.900", "evidence": "肺炎", "document": 0},
            "others": [{"code": "I10.x00x002", "evidence": "高血压病", "document": 0}],
            "procedures": [],
            "drg_1_1": "ES31",
            "planted": {"missed": ["I10.x00x002"], "unsupported": [], "wrong_principal": False},
        },
    }


def dataset(
    reader: str,
    splits: Mapping[str, Mapping[str, Any]],
    *,
    files: Mapping[str, str] | None = None,
    **more: Any,
) -> DatasetSpec:
    return DatasetSpec.model_validate(
        {
            "format": "zhibian-dataset/1",
            "id": "invented",
            "title": "虚构数据集",
            "variable": "ZHIBIAN_DATA_INVENTED",
            "folder": "invented",
            "reader": reader,
            "invented": True,
            "provenance": "虚构",
            "citation": "虚构",
            "terms": "虚构",
            "files": dict(files or {}),
            "splits": {name: {"title": name, **split} for name, split in splits.items()},
            **more,
        }
    )


def task(kind: str, protocol: Mapping[str, Any], metrics: Iterable[str], **more: Any) -> TaskSpec:
    return TaskSpec.model_validate(
        {
            "format": "zhibian-task/1",
            "id": "invented-task",
            "version": 1,
            "kind": kind,
            "title": "虚构任务",
            "question": "虚构问题",
            "dataset": "invented",
            "protocol": protocol,
            "metrics": list(metrics),
            "systems": ["dictionary"],
            **more,
        }
    )


def library(spec: DatasetSpec, folder: Path) -> Library:
    return Library({spec.id: spec}, DataFolders(None, {}, {spec.id: folder}))
