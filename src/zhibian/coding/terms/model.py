"""The shipped linking model on disk (术语链接模型): rankers, labels, hashes.

A model folder holds ``manifest.yaml`` (sha256 of every file), ``labels.csv`` and
``label_vectors.npy``, one ranker a kind of codes with and one without the encoder, and
the encoder itself. All but the encoder is read here, without a neural library.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from zhibian.coding.terms.meaning import Labels
from zhibian.coding.terms.ranker import Ranker, ranker_from
from zhibian.coding.terms.types import Kind
from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_yaml, sha256_of

NAME = "term-linker-2"
MANIFEST = "manifest.yaml"
LABELS = "labels.csv"
LABEL_VECTORS = "label_vectors.npy"
ENCODER = "encoder.onnx"
TOKENIZER = "tokenizer.json"
REMEDY = "恢复随程序发布的 models 文件夹，或用 ZHIBIAN_MODELS 指定模型文件夹"

_VECTOR_SCALE = 127


@dataclass(frozen=True, slots=True)
class LinkModel:
    """What training left (训练所得).

    Attributes
    ----------
    folder
        Where it was read from.
    version
        Its name and version.
    labels
        Priors and directions of names.
    rankers
        ``(kind, with encoder)`` to ranker.
    hashes
        File name to sha256, as stated in the manifest.
    """

    folder: Path
    version: str
    labels: Labels
    rankers: Mapping[tuple[Kind, bool], Ranker]
    hashes: Mapping[str, str]

    def verify(self, name: str) -> Path:
        """Return the path of one file after comparing its sha256.

        Raises
        ------
        InputError
            The file is absent or differs from the manifest.
        """
        return _verified(self.folder, name, self.hashes)


def ranker_file(kind: Kind, *, encoder: bool) -> str:
    """Return the file name of one ranker."""
    return f"ranker-{kind}-{'encoder' if encoder else 'spelling'}.json"


def load_link_model(models: Path, name: str = NAME) -> LinkModel:
    """Read a model folder and verify what is read.

    Parameters
    ----------
    models
        Folder of all models.
    name
        Folder name of the model.

    Raises
    ------
    InputError
        The folder is absent, or a file is absent or altered.
    """
    folder = models / name
    if not (folder / MANIFEST).is_file():
        message = f"没有链接模型 {name}"
        raise InputError(name, [Problem("ZHIBIAN_MODELS", "model_missing", message, REMEDY)])
    manifest = read_yaml(folder / MANIFEST, REMEDY)
    hashes: dict[str, str] = dict(manifest["files"])
    kinds: tuple[Kind, Kind] = ("diagnosis", "procedure")
    rankers = {
        (kind, encoder): ranker_from(
            json.loads(_verified(folder, ranker_file(kind, encoder=encoder), hashes).read_text())
        )
        for kind in kinds
        for encoder in (False, True)
    }
    return LinkModel(
        folder=folder,
        version=str(manifest["version"]),
        labels=_labels(folder, hashes),
        rankers=MappingProxyType(rankers),
        hashes=MappingProxyType(hashes),
    )


def _labels(folder: Path, hashes: Mapping[str, str]) -> Labels:
    text = _verified(folder, LABELS, hashes).read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))[1:]
    packed = np.load(_verified(folder, LABEL_VECTORS, hashes), allow_pickle=False)
    return Labels(
        places=MappingProxyType({row[0]: place for place, row in enumerate(rows)}),
        counts=np.array([float(row[1]) for row in rows], np.float32),
        vectors=packed.astype(np.float32) / _VECTOR_SCALE,
    )


def pack_labels(vectors: np.ndarray) -> np.ndarray:
    """Return label vectors as they are stored, in 127ths."""
    return np.asarray(np.rint(vectors * _VECTOR_SCALE), np.int8)


def _verified(folder: Path, name: str, hashes: Mapping[str, str]) -> Path:
    path = folder / name
    if not path.is_file():
        raise InputError(name, [Problem(name, "file_missing", "模型文件不存在", REMEDY)])
    if sha256_of(path) != hashes.get(name):
        message = "模型文件与清单的 sha256 不一致"
        raise InputError(name, [Problem(name, "model_corrupted", message, REMEDY)])
    return path
