"""Run kind `tagger`: the mention tagger (实体标注器), a CRF."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from zhibian.coding.mention_tagger import read_hints
from zhibian.documents.tagger import DictionaryHints, EntityTagger
from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.sources import rules_checksum
from zhibian.training.runs.spec import Strict

_RULES = ("terminology", "lexicons")


class TaggerData(Strict):
    """Folders of the two corpora (语料目录); their test parts are never read."""

    cehrner: Path = Field(description="CEHRNER")
    chip_cdee: Path = Field(description="CHIP-CDEE")


class TaggerParameters(Strict):
    """Settings of the CRF (条件随机场的参数)."""

    l1: float = Field(default=0.1, ge=0, description="Penalty on absolute weights")
    l2: float = Field(default=0.01, ge=0, description="Penalty on squared weights")
    rounds: int = Field(default=100, ge=1, description="Most rounds of L-BFGS 最多轮数")
    helper_rounds: int = Field(default=60, ge=1, description="Those of the helpers 辅助标注器轮数")
    least: int = Field(default=2, ge=1, description="Occurrences a feature must have 最少次数")


@dataclass(frozen=True, slots=True)
class TaggerJob:
    """Both corpora and the dictionary (训练任务).

    Attributes
    ----------
    data
        Where the corpora lie.
    hints
        The dictionary as the tagger is told of it.
    sources
        Checksums of the files that are read, and of the rule tables.
    """

    data: TaggerData
    hints: DictionaryHints
    sources: Mapping[str, str]

    def train(self, parameters: TaggerParameters, seed: int, place: Place, watch: Watch) -> Tuned:
        """Train once; the seed changes nothing, for L-BFGS draws nothing."""
        from zhibian.training import tagger as training  # noqa: PLC0415

        cehrner, cdee = self.data.cehrner, self.data.chip_cdee
        penalty = training.Penalty(**parameters.model_dump())
        weights = training.train_tagger(cehrner, cdee, self.hints, watch.say, penalty, place.work)
        tagger = EntityTagger(weights, self.hints)
        figures = training.measure_tagger(tagger, cehrner, cdee, test=False)
        if place.target is not None:
            files = training.sources(cehrner, cdee)
            training.write_tagger(weights, place.target, files, figures)
        spans, heads = figures["cehrner_dev"], figures["cdee_dev"]
        metrics = {name: spans[name] for name in ("f1", "precision", "recall")}
        return Tuned({**metrics, "heads_recall": heads["recall"]})


def _prepare(data: Any, settings: Settings, threads: int) -> TaggerJob:
    from zhibian.training.tagger import sources  # noqa: PLC0415

    files = {path.name: sha256_of(path) for path in sources(data.cehrner, data.chip_cdee)}
    files["rules"] = rules_checksum(settings.rules, _RULES)
    return TaggerJob(data, read_hints(settings.rules), files)


KIND = Kind(
    name="tagger",
    title="实体标注器",
    data=TaggerData,
    parameters=TaggerParameters,
    metrics=dict.fromkeys(("f1", "precision", "recall", "heads_recall"), "maximize"),
    seeded=False,
    needs=("pycrfsuite",),
    prepare=_prepare,
)
