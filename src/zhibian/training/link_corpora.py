"""The research data of the linking model (术语链接语料) and their parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from zhibian.evaluation.data.hash_split import Split, split
from zhibian.evaluation.data.registry import load_datasets
from zhibian.evaluation.data.split_rules import HashAside, rule_of
from zhibian.evaluation.data.term_pairs import TermPair, read_chip_cdn, read_yidu_n7k, wordings

CHIP_NAMES = "icd10_beijing_v601.tsv"
YIDU_NAMES = "icd9cm3_names.txt"
_ASIDE = "aside"


@dataclass(frozen=True, slots=True)
class Corpus:
    """One research data set with its split and code set (一个数据集).

    Attributes
    ----------
    name
        ``chip_cdn`` or ``yidu_n7k``.
    pairs
        All pairs of the training files.
    seed
        Name of the split, as the registry has it.
    parts
        Which are for training, tuning, or kept aside.
    code_file
        Code set that the pairs were coded with.
    goal
        ``f1`` or ``accuracy``.
    """

    name: str
    pairs: Sequence[TermPair]
    seed: str
    parts: Split
    code_file: Path
    goal: str


def read_corpora(chip_cdn: Path, yidu_n7k: Path) -> tuple[Corpus, Corpus]:
    """Read both data sets and split them by the rules that evaluation measures by.

    Raises
    ------
    InputError
        A file is absent or of another layout.
    """
    return (
        _corpus("chip_cdn", read_chip_cdn(chip_cdn), chip_cdn / CHIP_NAMES, "f1"),
        _corpus("yidu_n7k", read_yidu_n7k(yidu_n7k), yidu_n7k / YIDU_NAMES, "accuracy"),
    )


def _corpus(name: str, pairs: Sequence[TermPair], code_file: Path, goal: str) -> Corpus:
    rule = _rule(name.replace("_", "-"))
    parts = split(wordings(pairs), rule.seed, aside=rule.share)
    return Corpus(name, pairs, rule.seed, parts, code_file, goal)


def _rule(dataset: str) -> HashAside:
    rule = rule_of(load_datasets()[dataset].splits[_ASIDE])
    if rule is None:
        raise ValueError(f"the registry keeps nothing of {dataset} aside by a rule")
    return rule


def without_aside(corpus: Corpus) -> Corpus:
    """Return a corpus whose pairs kept aside are blank: nothing can learn from or measure them."""
    aside = frozenset(corpus.parts.aside)
    pairs = [TermPair("", ()) if i in aside else pair for i, pair in enumerate(corpus.pairs)]
    return replace(corpus, pairs=pairs)
