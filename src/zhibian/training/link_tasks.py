"""What the encoder of the linking model learns (编码器的训练任务): research pairs and aliases."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zhibian.coding.dictionary import ALIASES
from zhibian.evaluation.data.hash_split import pick
from zhibian.evaluation.data.term_pairs import TermPair, all_names, read_alias_pairs, read_names
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set
from zhibian.training.link_corpora import Corpus
from zhibian.training.mining import Task

# The challenge's mark for "no name of the set fits".
_NO_NAME = "O"
_ALIAS_POOL, _ALIAS_EPOCH, _ALIAS_SEED = 4000, 600, 1


def train_tasks(corpora: Sequence[Corpus], rules: Path, *, tune: bool) -> list[Task]:
    """Return the tasks of the encoder: the training parts, and a sample of the aliases.

    Parameters
    ----------
    corpora
        Data sets.
    rules
        Folder of the rule data.
    tune
        Whether the tuning parts are learned as well.
    """
    tasks = [_task(corpus, corpus.parts.learned(tune=tune)) for corpus in corpora]
    for kind, code_set in (("diagnosis", ICD10_NHSA), ("procedure", ICD9CM3_NHSA)):
        official = {c: e.name for c, e in load_code_set(rules, code_set).entries.items()}
        dice = random.Random(_ALIAS_SEED)
        sample = alias_sample(read_alias_pairs(rules / ALIASES / kind, official), dice)
        pool = set(dice.sample(sorted(official.values()), _ALIAS_POOL))
        tasks.append(Task(kind, sample, sorted(all_names(sample) | pool), per_epoch=_ALIAS_EPOCH))
    return tasks


def tune_tasks(corpora: Sequence[Corpus]) -> list[Task]:
    """Return the tuning parts as tasks: what tells the encoder when to stop."""
    return [_task(corpus, corpus.parts.tune) for corpus in corpora]


def _task(corpus: Corpus, positions: Sequence[int]) -> Task:
    pairs = [
        replace(p, names=tuple(n for n in p.names if n != _NO_NAME))
        for p in pick(corpus.pairs, positions)
    ]
    pairs = [p for p in pairs if p.names]
    names = {name for _, name in read_names(corpus.code_file)}
    return Task(corpus.name, pairs, sorted(names | all_names(pairs)))


def alias_sample(pairs: Sequence[TermPair], dice: random.Random | None = None) -> list[TermPair]:
    """Return the aliases that the encoder is trained on; the others serve for calibration."""
    dice = dice or random.Random(_ALIAS_SEED)
    return dice.sample(list(pairs), min(_ALIAS_POOL, len(pairs)))
