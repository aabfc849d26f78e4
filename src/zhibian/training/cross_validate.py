"""Cross-validate the record classifier (交叉验证): each part alone, together, and without one.

A fold is predicted by a classifier that saw none of its records. Everything that is chosen
(when to stop, how to weigh the parts, from which probability to take a code) is chosen on a
quarter of the other folds, inside `zhibian.training.classifier.train`.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zhibian.coding.record_codes.features import FAMILIES, SPELLING, TERMS
from zhibian.coding.record_codes.model import ATTENTION
from zhibian.evaluation.record_coding import RecordScore, figures, gain
from zhibian.training.classifier import Design, measure, train
from zhibian.training.records import TrainingRecord, checksum_of, folds, refuse_overlap
from zhibian.training.vocabulary import Vocabulary

if TYPE_CHECKING:
    from zhibian.training.attention_part import AttentionTrainer

# The set of parts that training itself chose, which may differ from fold to fold.
CHOSEN = "chosen"
_CPU_FILE = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured (评测方案).

    Attributes
    ----------
    measured
        Records that are predicted, each once.
    extra
        Records that only train: name lists without text.
    count
        Number of folds.
    seed
        Of the folds and of all training.
    baseline
        Whether character n-grams are measured beside, as the baseline.
    """

    measured: Sequence[TrainingRecord]
    extra: Sequence[TrainingRecord]
    count: int
    seed: int
    baseline: bool = True


def cross_validate(
    plan: Plan,
    vocabulary: Vocabulary,
    attention: AttentionTrainer | None,
    work: Path,
    log: Callable[[str], None],
) -> dict[str, list[RecordScore]]:
    """Predict every measured record once; return scores by system.

    Parameters
    ----------
    plan
        What is measured.
    vocabulary
        Labels and terms.
    attention
        Trainer of the attention part; None leaves it out.
    work
        Folder for finished folds and checkpoints: a run that was stopped goes on from there.
    log
        Told of progress.

    Raises
    ------
    InputError
        A record stands on both sides of a fold.
    """
    found: dict[str, list[RecordScore]] = {}
    for number, places in enumerate(folds(plan.measured, plan.count, plan.seed), start=1):
        log(f"第 {number}/{plan.count} 折")
        kept = work / f"{_name(plan, attention)}-fold-{number}.json"
        if not kept.is_file():
            scores = _fold(plan, places, vocabulary, attention, work, log)
            kept.parent.mkdir(parents=True, exist_ok=True)
            kept.write_text(json.dumps(scores), encoding="utf-8")
        for system, rows in json.loads(kept.read_text(encoding="utf-8")).items():
            found.setdefault(system, []).extend(RecordScore(**row) for row in rows)
    return found


def report(
    found: Mapping[str, Sequence[RecordScore]], plan: Plan, about: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what goes into ``results.json``: figures with intervals, and how they came about."""
    systems = {
        system: {name: _rounded(asdict(f)) for name, f in figures(scores, seed=plan.seed).items()}
        for system, scores in found.items()
    }
    whole = next(iter(found))
    gains = {
        system: _rounded(asdict(gain(found[whole], scores, seed=plan.seed)))
        for system, scores in found.items()
        if system != whole
    }
    return {
        **about,
        "seed": plan.seed,
        "folds": plan.count,
        "n": len(plan.measured),
        "n_only_training": len(plan.extra),
        "data_checksum": checksum_of([*plan.measured, *plan.extra]),
        "hardware": {"cpu": _cpu(), "cores": os.cpu_count(), "python": platform.python_version()},
        "interval": "95 % percentile bootstrap over records, 2,000 draws",
        "systems": systems,
        f"task_score_gain_of_{whole}_over": gains,
    }


def _fold(
    plan: Plan,
    places: Sequence[int],
    vocabulary: Vocabulary,
    attention: AttentionTrainer | None,
    work: Path,
    log: Callable[[str], None],
) -> dict[str, list[dict[str, Any]]]:
    inside = set(places)
    held = [record for place, record in enumerate(plan.measured) if place in inside]
    rest = [record for place, record in enumerate(plan.measured) if place not in inside]
    refuse_overlap([*rest, *plan.extra], held, "folds")
    trained = train(
        rest,
        vocabulary,
        attention,
        Design(plan.seed, FAMILIES, SPELLING) if plan.baseline else Design(plan.seed),
        extra=plan.extra,
        folder=work,
        log=log,
    )
    measured = measure(trained.blends, trained.score(held), held, vocabulary.codes)
    systems = {CHOSEN: measured[trained.chosen]}
    systems |= {"+".join(parts): scores for parts, scores in measured.items()}
    return {system: [asdict(score) for score in scores] for system, scores in systems.items()}


def _name(plan: Plan, attention: AttentionTrainer | None) -> str:
    heads = "" if attention is None else f"-{ATTENTION}-{attention.recipe.unfreeze}"
    parts = f"{'-'.join(FAMILIES) if plan.baseline else TERMS}{heads}"
    data = checksum_of([*plan.measured, *plan.extra])[:12]
    return f"{data}-{len(plan.measured)}-{plan.seed}-{parts}"


def _rounded(figure: Mapping[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in figure.items()}


def _cpu() -> str:
    """Return the processor's name; nothing about the machine it is in."""
    if _CPU_FILE.is_file():
        for line in _CPU_FILE.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
