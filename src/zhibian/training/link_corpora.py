"""The research data of the linking model (术语链接语料) and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zhibian.evaluation.data.hash_split import Split, split
from zhibian.evaluation.data.term_pairs import TermPair, read_chip_cdn, read_yidu_n7k, wordings

SPLIT = "link-2026-11"
CHIP_ASIDE, YIDU_ASIDE = 1 / 6, 1 / 5
CHIP_NAMES = "icd10_beijing_v601.tsv"
YIDU_NAMES = "icd9cm3_names.txt"


@dataclass(frozen=True, slots=True)
class Corpus:
    """One research data set with its split and code set (一个数据集).

    Attributes
    ----------
    name
        ``chip_cdn`` or ``yidu_n7k``.
    pairs
        All pairs of the training files.
    parts
        Which are for training, tuning, or kept aside.
    code_file
        Code set that the pairs were coded with.
    goal
        ``f1`` or ``accuracy``.
    """

    name: str
    pairs: Sequence[TermPair]
    parts: Split
    code_file: Path
    goal: str


def read_corpora(chip_cdn: Path, yidu_n7k: Path) -> tuple[Corpus, Corpus]:
    """Read both data sets and split them.

    Raises
    ------
    InputError
        A file is absent or of another layout.
    """
    chip, yidu = read_chip_cdn(chip_cdn), read_yidu_n7k(yidu_n7k)
    return (
        Corpus(
            "chip_cdn",
            chip,
            split(wordings(chip), SPLIT, aside=CHIP_ASIDE),
            chip_cdn / CHIP_NAMES,
            "f1",
        ),
        Corpus(
            "yidu_n7k",
            yidu,
            split(wordings(yidu), SPLIT, aside=YIDU_ASIDE),
            yidu_n7k / YIDU_NAMES,
            "accuracy",
        ),
    )


def without_aside(corpus: Corpus) -> Corpus:
    """Return a corpus whose pairs kept aside are blank: nothing can learn from or measure them."""
    aside = frozenset(corpus.parts.aside)
    pairs = [TermPair("", ()) if i in aside else pair for i, pair in enumerate(corpus.pairs)]
    return replace(corpus, pairs=pairs)
