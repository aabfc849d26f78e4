"""Codes of learning material (训练材料的编码): what a system may learn from a gold block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zhibian.evaluation.coders.interface import RecordQuestion
from zhibian.evaluation.examples import Example
from zhibian.evaluation.questions import RecordGold

RecordExample = Example[RecordQuestion, RecordGold]


@dataclass(frozen=True, slots=True)
class GoldPage:
    """The codes of one record (一份病历的编码), each once, in order."""

    principal: str
    others: tuple[str, ...]
    procedures: tuple[str, ...]


def gold_page(example: RecordExample) -> GoldPage:
    """Return the codes that a record was given."""
    block = example.gold.block
    principal = str(block["principal"]["code"])
    others = dict.fromkeys(str(entry["code"]) for entry in block["others"])
    others.pop(principal, None)
    procedures = dict.fromkeys(str(entry["code"]) for entry in block["procedures"])
    return GoldPage(principal, tuple(others), tuple(procedures))


def gold_pages(examples: Sequence[RecordExample]) -> list[GoldPage]:
    """Return the codes of every record."""
    return [gold_page(example) for example in examples]
