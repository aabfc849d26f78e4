"""Digests of questions (问题摘要): the same words have the same digest, whatever their id or file.

Splits follow from digests, and what was trained on is recognised by them. Widths of characters,
white space and punctuation variants that normalisation unites do not matter.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, is_dataclass
from typing import Any

from zhibian.documents.normalise import normalise
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import PageGold, RecordGold
from zhibian.records.types import Case


def digest_of_text(text: str) -> str:
    """Return the sha256 of normalised words without white space."""
    spelling = "".join(normalise(text).split())
    return hashlib.sha256(spelling.encode()).hexdigest()


def digest_of_case(case: Case) -> str:
    """Return the digest of all documents of a record, in their order."""
    return digest_of_text("\n".join(document.text for document in case.documents))


def checksum_of_digests(digests: Iterable[str]) -> str:
    """Return one sha256 over the sorted digests of a part."""
    return hashlib.sha256("\n".join(sorted(digests)).encode()).hexdigest()


def checksum_of_gold(examples: Iterable[Example[Any, Any]]) -> str:
    """Return one sha256 over the questions of a part with what is right for them.

    A filed page counts as well, whether it stands with gold or is what is asked about.
    """
    return checksum_of_digests(
        f"{e.digest}\t{json.dumps(_gold_of(e), sort_keys=True, default=str)}" for e in examples
    )


def _gold_of(example: Example[Any, Any]) -> Any:
    gold = example.gold
    if isinstance(gold, PageGold):
        filed = example.question.read.case.coded_front_page
        gold = RecordGold(gold.block, filed.model_dump(mode="json"))
    # Kinds of task of other makers may have a plain value for gold.
    return asdict(gold) if is_dataclass(gold) and not isinstance(gold, type) else gold
