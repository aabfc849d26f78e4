"""Record classifiers as systems under test: terms, and label attention over a tiny encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.unit.evaluation.coder_records import (
    ASKED,
    LEARNED,
    case,
    example,
    material,
    questions,
    resources,
    task,
)

from zhibian.cli.evaluation_resources import known_kinds
from zhibian.evaluation.coders.interface import CodedPage
from zhibian.evaluation.data.ccl25 import BACKGROUND_NAMES, STAY_NAMES
from zhibian.evaluation.kinds.registry import KINDS
from zhibian.records.types import Document
from zhibian.review.reviewer import Reviewer
from zhibian.training.coders import TRAINED_RECORD_CODERS

CODERS = {coder.name: coder for coder in TRAINED_RECORD_CODERS}

#: Terms of the records that tell one disease from the others; hypertension stands in all.
TELLING = {
    "肺炎",
    "咳嗽",
    "咳痰",
    "急性阑尾炎",
    "右下腹痛",
    "下腹痛",
    "阑尾切除术",
    "脑梗死",
    "肢体无力",
}


def untimed(pages: Any) -> list[CodedPage]:
    return [replace(page, seconds=None) for page in pages]


def test_evidence_is_the_term_that_speaks_most_for_a_code(reviewer: Reviewer, rules: Path) -> None:
    made = CODERS["terms-lr"]({}, task(), resources(reviewer, rules))
    for page, asked in zip(made.learn(material()).code(questions()), ASKED, strict=True):
        assert page.principal is not None
        assert page.principal.code == asked.gold.block["principal"]["code"]
        (place,) = page.principal.evidence
        text = asked.question.case.documents[0].text
        assert text[place.start : place.end] in TELLING
        assert page.procedures == ()


def test_lists_of_names_train_beside_whole_records(reviewer: Reviewer, rules: Path) -> None:
    lists = []
    for number in range(3):
        one = example(f"N{number}", "肺栓塞", "I26.900", ["I10.x00x002"])
        named = case(f"N{number}", "x").model_copy(
            update={
                "documents": (
                    Document(type=STAY_NAMES, text=f"肺栓塞\n呼吸困难{number}"),
                    Document(type=BACKGROUND_NAMES, text="高血压病"),
                )
            }
        )
        question = replace(one.question, case=named)
        lists.append(replace(one, question=question, digest=f"{number:064d}"))
    made = CODERS["terms-lr"]({}, task(), resources(reviewer, rules))
    learned: Any = made.learn(material([*LEARNED, *lists]))
    assert "I26.900" in learned.trained.vocabulary.codes
    (page,) = learned.code([replace(ASKED[0].question, case=case("1", "出院诊断：1.肺栓塞"))])
    assert "I26.900" in page.ranked_diagnoses[:4]


def test_label_attention_answers_and_goes_on_from_its_checkpoint(
    reviewer: Reviewer, rules: Path, tmp_path: Path
) -> None:
    for needed in ("torch", "transformers", "datasets", "onnx", "onnxruntime", "tokenizers"):
        pytest.importorskip(needed, reason="the extra train is not installed")
    from tests.unit.record_codes.tiny_encoder import write_tiny_encoder  # noqa: PLC0415

    (tmp_path / "encoder").mkdir()
    encoder = write_tiny_encoder(tmp_path / "encoder")
    given = {"encoder": str(encoder), "epochs": 1, "width": 8}
    made = CODERS["label-attention"](given, task(), resources(reviewer, rules))
    # Learned twice in one folder: the second time its checkpoint is taken over.
    first, second = (
        untimed(made.learn(material(work=tmp_path / "work")).code(questions())) for _ in range(2)
    )
    assert first == second
    assert len(first) == len(ASKED)
    known = {code for one in LEARNED for code in (one.gold.block["principal"]["code"],)}
    assert all(page.principal and page.principal.code[0] in {"J", "K", "I"} for page in first)
    assert known <= {code for page in first for code in page.ranked_diagnoses}
    assert "encoder" in made.info.versions
    assert "encoder" not in made.info.parameters


def test_the_command_line_knows_what_is_trained() -> None:
    added = known_kinds()["coding"].systems.keys() - KINDS["coding"].systems.keys()
    assert added == {"terms-lr", "label-attention"}
