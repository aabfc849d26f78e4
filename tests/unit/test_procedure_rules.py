"""The procedure rules are data: codes exist, ids are unique, quantities give the stated code."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

LISTS = (
    "evidence_places",
    "excluded_sections",
    "refinements",
    "quantities",
    "companions",
    "omissions",
    "not_proposed",
    "anaesthesia",
    "principal",
    "context_terms",
    "merges",
)
CODE_KEYS = {"from", "to", "if_any", "then", "unless_any", "requires_any_code", "codes"}
CODE_KEYS |= {"applies_to", "code", "when_unknown", "exceptions"}
FULL_CODE = re.compile(r"\d\d\.\d[0-9x]\d\d(x\d{3})?|\d\d\.\dx\d\d(x\d{3})?")


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def procedures(rules: Path) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for path in sorted((rules / "coding" / "procedure").glob("*.yaml")):
        part = _load(path)
        assert not parts.keys() & part.keys(), path.name
        parts |= part
    return parts


@pytest.fixture(scope="module")
def verbs(rules: Path) -> dict[str, Any]:
    return _load(rules / "lexicons" / "procedure_verbs.yaml")


@pytest.fixture(scope="module")
def official(rules: Path) -> dict[str, str]:
    path = rules / "terminology" / "icd9cm3-nhsa-2.0.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["code"]: row["name"] for row in csv.DictReader(lines)}


def _rules(procedures: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name in LISTS:
        yield from procedures[name]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)


def _codes(node: Any) -> Iterator[str]:
    """Every full code written anywhere in a rule, whatever the key is nested in."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key in CODE_KEYS:
                yield from (item for item in _strings(value) if item[:1].isdigit())
            yield from _codes(value)
    elif isinstance(node, list):
        for item in node:
            yield from _codes(item)


def _prefixes(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("prefixes"):
                yield from _strings(value)
            else:
                yield from _prefixes(value)
    elif isinstance(node, list):
        for item in node:
            yield from _prefixes(item)


def _number(text: str, numerals: dict[str, int]) -> float:
    return float(numerals[text]) if text in numerals else float(text)


def _amounts(rule: dict[str, Any], text: str, numerals: dict[str, int]) -> list[float]:
    if rule["combine"] == "distinct":
        found = [g for g, words in rule["groups"].items() if any(w in text for w in words)]
        return [float(len(found))] if found else []
    return [
        _number(hit["n"], numerals) * pattern["factor"]
        for pattern in rule["patterns"]
        for hit in re.finditer(pattern["regex"], text)
    ]


def _code_for(rule: dict[str, Any], text: str, numerals: dict[str, int]) -> str | None:
    amounts = _amounts(rule, text, numerals)
    unknown: str | None = rule["when_unknown"]
    if not amounts:
        return unknown
    amount = sum(amounts) if rule["combine"] == "sum" else max(amounts)
    fitting = [
        band["code"]
        for band in rule["bands"]
        if band.get("at_least", 0) <= amount < band.get("below", float("inf"))
    ]
    assert len(fitting) == 1, (rule["id"], amount)
    return str(fitting[0])


def test_ids_are_unique_over_all_files(procedures: dict[str, Any], verbs: dict[str, Any]) -> None:
    ids = [rule["id"] for rule in _rules(procedures)] + [group["id"] for group in verbs["groups"]]
    assert len(ids) == len(set(ids))


def test_every_rule_names_a_known_source_and_explains_itself_in_chinese(
    procedures: dict[str, Any], verbs: dict[str, Any]
) -> None:
    for rule in _rules(procedures):
        assert rule["source"] in procedures["sources"], rule["id"]
        assert re.search(r"[一-鿿]{4,}", rule["explanation"]), rule["id"]
    for group in verbs["groups"]:
        assert group["source"] in verbs["sources"], group["id"]


def test_codes_are_text_and_exist(procedures: dict[str, Any], official: dict[str, str]) -> None:
    codes = set(_codes(procedures))
    assert len(codes) > 60
    assert not sorted(codes - official.keys())


def test_codes_are_quoted_so_that_no_number_parser_meets_them(procedures: dict[str, Any]) -> None:
    assert all(FULL_CODE.fullmatch(code) for code in _codes(procedures))


def test_every_prefix_leads_to_a_code(procedures: dict[str, Any], official: dict[str, str]) -> None:
    prefixes = set(_prefixes(procedures))
    assert len(prefixes) > 60
    assert not [p for p in sorted(prefixes) if not any(c.startswith(p) for c in official)]


def test_quantity_examples_give_the_stated_code(procedures: dict[str, Any]) -> None:
    numerals = procedures["numerals"]
    for rule in procedures["quantities"]:
        for example in rule["examples"]:
            assert _code_for(rule, example["text"], numerals) == example["code"], example["text"]


def test_quantity_bands_cover_without_overlap(procedures: dict[str, Any]) -> None:
    for rule in procedures["quantities"]:
        bands = rule["bands"]
        for lower, upper in itertools.pairwise(bands):
            assert lower["below"] == upper["at_least"], rule["id"]
        assert "below" not in bands[-1], rule["id"]


def test_refinements_change_the_code(procedures: dict[str, Any]) -> None:
    for rule in procedures["refinements"]:
        assert rule["to"] not in rule["from"], rule["id"]
        assert rule["any_of"], rule["id"]
        assert not set(rule["any_of"]) & set(rule["none_of"]), rule["id"]
        assert rule["scope"] in {"sentence", "document", "case"}, rule["id"]


def test_principal_steps_are_ordered(procedures: dict[str, Any]) -> None:
    orders = [step["order"] for step in procedures["principal"]]
    assert orders == list(range(1, len(orders) + 1))


def test_terms_are_written_as_in_normalised_text(
    procedures: dict[str, Any], verbs: dict[str, Any]
) -> None:
    lists = [rule[key] for rule in procedures["refinements"] for key in ("any_of", "none_of")]
    lists += [rule["evidence_any"] for rule in procedures["companions"]]
    lists += [rule["mention_terms"] for rule in procedures["quantities"]]
    lists += [group["terms"] for group in verbs["groups"]]
    for terms in lists:
        assert len(terms) == len(set(terms))
        for term in terms:
            assert term == term.upper()
            assert not re.search(r"[！-～]", term.replace("、", "")), term


def test_a_verb_means_one_thing_in_one_place(verbs: dict[str, Any]) -> None:
    for position in ("before", "after"):
        meaning: dict[str, str] = {}
        for group in (g for g in verbs["groups"] if g["position"] == position):
            for term in group["terms"]:
                assert meaning.setdefault(term, group["meaning"]) == group["meaning"], term


def test_context_terms_are_the_ambiguous_ones(procedures: dict[str, Any], rules: Path) -> None:
    path = rules / "lexicons" / "aliases" / "procedure" / "ambiguous-procedure.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        ambiguous = {row["alias"].upper() for row in csv.DictReader(lines)}
    for rule in procedures["context_terms"]:
        assert not set(rule["terms"]) - ambiguous, rule["id"]
        assert all(choice["any_of"] for choice in rule["choices"]), rule["id"]


def _leads_to(prefixes: list[str], official: dict[str, str]) -> list[str]:
    return [code for code in official if code.startswith(tuple(prefixes))]


def test_merges_join_different_procedures_into_another_code(
    procedures: dict[str, Any], official: dict[str, str]
) -> None:
    for rule in procedures["merges"]:
        parts = [set(_leads_to(part, official)) for part in rule["parts"]]
        assert len(parts) >= 2, rule["id"]
        assert all(parts), rule["id"]
        assert not set.intersection(*parts), rule["id"]
        assert rule["to"] in official, rule["id"]
        assert all(rule["to"] not in part for part in parts), rule["id"]


def test_merges_of_the_same_parts_are_listed_once(procedures: dict[str, Any]) -> None:
    keys = [frozenset(frozenset(part) for part in rule["parts"]) for rule in procedures["merges"]]
    assert len(keys) == len(set(keys))


def test_a_merge_is_not_proposed_as_a_grey_code(procedures: dict[str, Any], shared: Path) -> None:
    path = shared / "facts" / "terminology" / "code_sets" / "ICD9CM3nhsa-v2.0-grey.tsv"
    grey = set(path.read_text(encoding="utf-8").split())
    assert [rule["id"] for rule in procedures["merges"] if rule["to"] in grey] == []


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("43.8201", "44.3903", "43.7x03"),
        ("43.8901", "44.3903", "43.7x00x001"),
        ("43.8901", "44.3902", "43.6x01"),
        ("65.3100", "66.4x02", "65.4100"),
        ("28.2x03", "28.6x01", "28.3x03"),
        ("28.2x00x002", "28.6x00x002", "28.3x01"),
        ("06.2x00", "06.3905", "06.2x02"),
        ("48.6302", "46.1300", "48.6201"),
        ("72.0x00", "73.6x01", "72.1x00"),
        ("79.2501", "78.5500x005", "79.3500x016"),
    ],
)
def test_procedures_with_a_joint_code_are_joined(
    procedures: dict[str, Any], first: str, second: str, joined: str
) -> None:
    fitting = [
        rule["to"]
        for rule in procedures["merges"]
        if all(
            any(code.startswith(tuple(part)) for code in (first, second)) for part in rule["parts"]
        )
    ]
    assert fitting[:1] == [joined]
