"""Recall by how often a code was seen in the fit part (按训练频次分段的召回率).

Bands are in ``frequency_bands.yaml``. Counts are of the fit part that the system learned from, so
under cross-validation each fold has its own; `with_seen` writes them into an outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from typing import Any

import yaml

from zhibian.evaluation.metrics.builders import Wording, ratio
from zhibian.evaluation.metrics.code_parts import diagnoses
from zhibian.evaluation.metrics.metric import Metric
from zhibian.evaluation.metrics.outcomes import CodingOutcome, GoldCode


@dataclass(frozen=True, slots=True)
class Band:
    """A band of frequency (频次段), both bounds included; ``high`` None is without bound."""

    name: str
    title: str
    low: int
    high: int | None

    def holds(self, seen: int) -> bool:
        """Tell whether a code seen so often is of this band."""
        return self.low <= seen and (self.high is None or seen <= self.high)


def load_bands() -> tuple[Band, ...]:
    """Return the bands, rarest first."""
    text = files(__package__).joinpath("frequency_bands.yaml").read_text(encoding="utf-8")
    return tuple(Band(**band) for band in yaml.safe_load(text))


def count_codes(blocks: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Return how many gold blocks carry each code: diagnoses and procedures together.

    Parameters
    ----------
    blocks
        Gold blocks of the fit part (:attr:`zhibian.evaluation.questions.RecordGold.block`).
    """
    counts: Counter[str] = Counter()
    for block in blocks:
        lines = (block["principal"], *block["others"], *block["procedures"])
        counts.update({line["code"] for line in lines})
    return counts


def with_seen(outcome: CodingOutcome, counts: Mapping[str, int]) -> CodingOutcome:
    """Return the outcome with ``seen`` of every gold code.

    Parameters
    ----------
    outcome
        Of one record.
    counts
        From :func:`count_codes`; codes that it lacks were never seen.
    """

    def seen(codes: tuple[GoldCode, ...]) -> tuple[GoldCode, ...]:
        return tuple(replace(code, seen=counts.get(code.code, 0)) for code in codes)

    principal = replace(outcome.principal, seen=counts.get(outcome.principal.gold, 0))
    return replace(
        outcome,
        principal=principal,
        others_gold=seen(outcome.others_gold),
        procedures_gold=seen(outcome.procedures_gold),
    )


def _diagnoses(outcome: CodingOutcome) -> Iterator[tuple[int | None, bool]]:
    """Yield how often each gold diagnosis was seen, and whether it is hit anywhere."""
    hit = set(diagnoses(outcome).right)
    yield outcome.principal.seen, outcome.principal.gold in hit
    for code in outcome.others_gold:
        yield code.seen, code.code in hit


def _procedures(outcome: CodingOutcome) -> Iterator[tuple[int | None, bool]]:
    for code in outcome.procedures_gold:
        yield code.seen, code.hit


def _recall(
    name: str,
    title: str,
    codes: Callable[[CodingOutcome], Iterator[tuple[int | None, bool]]],
    band: Band,
) -> Metric[CodingOutcome]:
    def counts(outcome: CodingOutcome) -> tuple[float, float]:
        hits = [hit for seen, hit in codes(outcome) if seen is not None and band.holds(seen)]
        return sum(hits), len(hits)

    wording = Wording(f"frequency.{name}.recall.{band.name}", f"{title}召回率（{band.title}）")
    return ratio(wording, counts)


_SETS = (("diagnoses", "诊断", _diagnoses), ("procedures", "手术操作", _procedures))

METRICS: tuple[Metric[CodingOutcome], ...] = tuple(
    _recall(name, title, codes, band) for name, title, codes in _SETS for band in load_bands()
)
