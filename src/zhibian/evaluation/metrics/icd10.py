"""Levels of a diagnosis code (诊断编码的层级): ICD-10 chapter, block, category, subcategory.

Chapters and blocks are those of WHO ICD-10 (2019), in ``icd10.yaml`` beside this module.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

#: From the code to its chapter; what is left unequal after the last has nothing in common.
DEPTH = 5


@dataclass(frozen=True, slots=True)
class Block:
    """A block of categories (节), first and last category, and the chapter (章) it belongs to."""

    first: str
    last: str
    chapter: int


def subcategory(code: str) -> str:
    """Return the subcategory (亚目): ``J15.9`` of ``J15.900``."""
    return code[:5]


def category(code: str) -> str:
    """Return the category (类目): ``J15`` of ``J15.900``."""
    return code[:3]


def block(code: str) -> str:
    """Return the block (节), such as ``J09-J18``; the category itself where it is in none."""
    found = _block(category(code))
    return f"{found.first}-{found.last}" if found else category(code)


def chapter(code: str) -> str:
    """Return the chapter (章), such as ``ch10``; the category itself where it is in none."""
    found = _block(category(code))
    return f"ch{found.chapter}" if found else category(code)


def ancestors(code: str) -> frozenset[str]:
    """Return the code and all that lies above it, without the root (编码及其上位)."""
    return frozenset({code, subcategory(code), category(code), block(code), chapter(code)})


def distance(code: str, other: str) -> int:
    """Return how many levels up two codes meet (层级距离).

    Returns
    -------
    int
        0 for the same code, 1 same subcategory, 2 category, 3 block, 4 chapter, 5 nothing.
    """
    if code == other:
        return 0
    levels = (subcategory, category, block, chapter)
    return next((n for n, level in enumerate(levels, 1) if level(code) == level(other)), DEPTH)


@cache
def blocks() -> tuple[Block, ...]:
    """Return all blocks in the order of their categories."""
    text = files(__package__).joinpath("icd10.yaml").read_text(encoding="utf-8")
    return tuple(
        sorted(
            (
                Block(span[:3], span[-3:], part["chapter"])
                for part in yaml.safe_load(text)
                for span in part["blocks"].split()
            ),
            key=lambda found: found.first,
        )
    )


def _block(of: str) -> Block | None:
    place = bisect_right(blocks(), of, key=lambda found: found.first) - 1
    found = blocks()[place] if place >= 0 else None
    return found if found and of <= found.last else None
