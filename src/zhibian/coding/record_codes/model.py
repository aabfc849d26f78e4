"""The folder of a record classifier (全文分类器的模型文件夹): labels, parts, blend, hashes."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from zhibian.coding.record_codes.features import FAMILIES, FeatureSpace
from zhibian.coding.record_codes.parts import Blend, LinearPart
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_bytes, read_yaml, sha256_of

KIND = "record-classifier/1"
MANIFEST = "manifest.yaml"
LABELS = "labels.csv"
LABEL_HEADER = ("code", "name")
ENCODER = "encoder.onnx"
HEADS = "attention.onnx"
TOKENIZER = "tokenizer.json"
ATTENTION = "attention"
CODE_SET_NHSA = "nhsa-2.0"
REMEDY = "用 zhibian train classifier 重新训练，或从备份恢复整个模型文件夹"


@dataclass(frozen=True, slots=True)
class Label:
    """One code that the classifier knows, as filed in its training records (标签)."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class RecordModel:
    """What training left (训练所得).

    Attributes
    ----------
    folder
        Where it was read from.
    version
        Its name, shown in reports.
    code_set
        Edition that its labels are codes of, such as ``nhsa-2.0`` or ``clinical-2.0``.
    labels
        Codes, in the order of scores.
    linear
        Linear parts by family.
    blend
        Weights of the parts.
    sections
        Section names by number, for the attention; empty where there is none.
    segment
        Positions a segment and pieces that neighbours share.
    """

    folder: Path
    version: str
    code_set: str
    labels: tuple[Label, ...]
    linear: Mapping[str, LinearPart]
    blend: Blend
    sections: tuple[str, ...]
    segment: tuple[int, int]

    @property
    def attends(self) -> bool:
        """Tell whether the attention is one of the parts."""
        return bool(self.sections)


def load_record_model(folder: Path) -> RecordModel:
    """Read a model folder; every file is compared with its sha256 first.

    Parameters
    ----------
    folder
        Output of ``zhibian train classifier``.

    Raises
    ------
    InputError
        The folder is absent or is no record classifier, or files are absent or altered: all
        of them are named at once.
    """
    if not (folder / MANIFEST).is_file():
        message = "不是全文分类器的模型文件夹（没有 manifest.yaml）"
        raise InputError(folder.name, [Problem("--classifier", "model_missing", message, REMEDY)])
    manifest = read_yaml(folder / MANIFEST, REMEDY)
    hashes = manifest.get("files")
    if manifest.get("kind") != KIND or not isinstance(hashes, dict):
        message = f"模型类别不是 {KIND}"
        raise InputError(folder.name, [Problem(MANIFEST, "model_kind", message, REMEDY)])
    problems = [
        problem for name, digest in hashes.items() for problem in _check(folder / name, digest)
    ]
    if problems:
        raise InputError(folder.name, problems)
    try:
        return _model(folder, manifest)
    except (KeyError, ValueError, TypeError, AttributeError):
        message = "清单缺少内容，或与文件不符"
        raise InputError(
            folder.name, [Problem(MANIFEST, "manifest_invalid", message, REMEDY)]
        ) from None


def pack_linear(part: LinearPart) -> dict[str, np.ndarray]:
    """Return a linear part as arrays for an ``npz`` file, none of which needs pickle."""
    names = "\n".join(part.space.names).encode()
    arrays: dict[str, np.ndarray] = {
        "names": np.frombuffer(names, np.uint8),
        "rarity": part.space.rarity,
        "principal_offset": part.principal_offset,
        "others_offset": part.others_offset,
    }
    for head, weights in (("principal", part.principal), ("others", part.others)):
        arrays[f"{head}_data"] = weights.data.astype(np.float32)
        arrays[f"{head}_places"] = weights.indices.astype(np.int32)
        arrays[f"{head}_ends"] = weights.indptr.astype(np.int64)
    return arrays


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays as ``npz``; equal arrays give equal bytes, which `np.savez` does not promise."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            content = io.BytesIO()
            np.save(content, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy")
            archive.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED)


def _check(path: Path, digest: str) -> Sequence[Problem]:
    if not path.is_file():
        return [Problem(path.name, "file_missing", "模型文件不存在", REMEDY)]
    if sha256_of(path) != digest:
        message = "模型文件与清单的 sha256 不一致"
        return [Problem(path.name, "model_corrupted", message, REMEDY)]
    return []


def _model(folder: Path, manifest: Mapping[str, Any]) -> RecordModel:
    text = read_bytes(folder / LABELS, REMEDY).decode("utf-8")
    labels = tuple(Label(*row) for row in list(csv.reader(io.StringIO(text)))[1:])
    groups = MappingProxyType({s: tuple(g) for s, g in manifest["groups"].items()})
    blend = manifest["blend"]
    parts = manifest["parts"]
    return RecordModel(
        folder=folder,
        version=str(manifest["version"]),
        code_set=str(manifest["code_set"]),
        labels=labels,
        linear=MappingProxyType(
            {
                family: _linear(folder / f"{family}.npz", family, groups, len(labels))
                for family in FAMILIES
                if family in parts
            }
        ),
        blend=Blend(
            principal=MappingProxyType(dict(blend["principal"])),
            others=MappingProxyType(dict(blend["others"])),
            others_offset=float(blend["others_offset"]),
            threshold=float(blend["threshold"]),
        ),
        sections=tuple(manifest["sections"]) if ATTENTION in parts else (),
        segment=(int(manifest["segment"]["longest"]), int(manifest["segment"]["overlap"])),
    )


def _linear(
    path: Path, family: str, groups: Mapping[str, Sequence[str]], labels: int
) -> LinearPart:
    with np.load(path, allow_pickle=False) as arrays:
        names = tuple(arrays["names"].tobytes().decode("utf-8").split("\n"))
        shape = (labels, len(names))
        principal, others = (
            csr_matrix(
                (arrays[f"{head}_data"], arrays[f"{head}_places"], arrays[f"{head}_ends"]), shape
            )
            for head in ("principal", "others")
        )
        return LinearPart(
            space=FeatureSpace(family, groups, names, arrays["rarity"]),
            principal=principal,
            others=others,
            principal_offset=arrays["principal_offset"],
            others_offset=arrays["others_offset"],
        )
