"""Golden cases of linking: a term as a ward writes it, and the codes it means.

One entry: ``name``, ``reference`` (what decides), ``code_set``, ``term`` and any of

- ``first``: the code that must be the best one
- ``include``: codes that must be among the chosen ones
- ``exclude``: code families that no chosen code begins with
- ``needs: encoder``: only the encoder finds it; spelling alone is not asked

With the encoder a case is linked among the codes of the categories in its file: encoding
a whole code set would take the tests a minute.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from zhibian.coding.terms.linker import TermLinker
from zhibian.coding.terms.load import load_linker, target_codes
from zhibian.coding.terms.model import load_link_model

FOLDER = Path(__file__).resolve().parent / "linking"
MODELS = Path(__file__).resolve().parents[2] / "models"
KEYS = {"name", "reference", "code_set", "term", "first", "include", "exclude", "needs"}


def _load(path: Path) -> list[dict[str, Any]]:
    loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(loaded, list)
    return loaded


CASES = [case for path in sorted(FOLDER.glob("*.yaml")) for case in _load(path)]
CODE_SETS = sorted({case["code_set"] for case in CASES})


def _codes_of(case: dict[str, Any]) -> list[str]:
    return [*filter(None, [case.get("first")]), *case.get("include", ()), *case.get("exclude", ())]


@pytest.fixture(scope="module")
def by_spelling(rules: Path) -> dict[str, TermLinker]:
    model = load_link_model(MODELS)
    return {
        name: load_linker(rules, target_codes(rules, name), model, None, None) for name in CODE_SETS
    }


@pytest.fixture(scope="module")
def by_encoder(rules: Path) -> dict[str, TermLinker]:
    pytest.importorskip("onnxruntime", reason="the extra models is not installed")
    from zhibian.neural.onnx_encoder import load_encoder  # noqa: PLC0415

    model = load_link_model(MODELS)
    encoder = load_encoder(model)
    categories = {code[:3] for case in CASES for code in _codes_of(case)}
    return {
        name: load_linker(
            rules,
            [c for c in target_codes(rules, name) if c.code[:3] in categories],
            model,
            encoder,
            None,
        )
        for name in CODE_SETS
    }


def test_cases_are_well_formed() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) == len(set(names))
    for case in CASES:
        assert set(case) <= KEYS, case["name"]
        assert case.get("reference"), case["name"]
        assert _codes_of(case), case["name"]


@pytest.mark.parametrize(
    "case", [c for c in CASES if c.get("needs") != "encoder"], ids=lambda c: str(c["name"])
)
def test_spelling_links_the_term(case: dict[str, Any], by_spelling: dict[str, TermLinker]) -> None:
    _check(case, by_spelling[case["code_set"]])


@pytest.mark.parametrize("case", CASES, ids=lambda c: str(c["name"]))
def test_encoder_links_the_term(case: dict[str, Any], by_encoder: dict[str, TermLinker]) -> None:
    _check(case, by_encoder[case["code_set"]])


def _check(case: dict[str, Any], linker: TermLinker) -> None:
    (answer,) = linker.link([case["term"]])
    chosen = [c.code for c in answer.codes]
    if "first" in case:
        assert chosen[0] == case["first"]
    assert set(case.get("include", ())) <= set(chosen)
    assert not [c for c in chosen for family in case.get("exclude", ()) if c.startswith(family)]
