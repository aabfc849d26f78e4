"""``--classifier DIR``: a hospital's own record classifier beside the shipped models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import need_extra, tell
from zhibian.coding.record_codes.classifier import BlendedClassifier, label_codes
from zhibian.coding.record_codes.model import load_record_model
from zhibian.coding.voices import Voices
from zhibian.terminology.code_set import ICD10_NHSA, load_code_set
from zhibian.terminology.crosswalk import ICD10_CLINICAL_TO_NHSA, load_crosswalk

ClassifierOption = Annotated[
    Path | None,
    typer.Option(
        "--classifier", help="本院全文分类器的文件夹（zhibian train classifier 的输出）。"
    ),
]


def add_classifier(voices: Voices, folder: Path | None, rules: Path) -> Voices:
    """Return the models in use with a hospital's classifier, where one is named.

    Labels that lead to no NHSA code are told on standard error; the others work.

    Raises
    ------
    InputError
        The folder is absent, damaged or of another kind, or its attention needs
        ``zhibian[models]``.
    """
    if folder is None:
        return voices
    model = load_record_model(folder)
    codes, problems = label_codes(
        model.labels,
        model.code_set,
        load_code_set(rules, ICD10_NHSA),
        load_crosswalk(rules, ICD10_CLINICAL_TO_NHSA),
    )
    if problems:
        tell(problems, folder.name)
    attention = None
    if model.attends:
        need_extra("onnxruntime", "tokenizers")
        from zhibian.neural.record_attention import attention_of  # noqa: PLC0415

        attention = attention_of(model)
    return replace(voices, classifier=BlendedClassifier(model, codes, attention))
