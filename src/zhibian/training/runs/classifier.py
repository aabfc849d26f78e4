"""Run kind `classifier`: the linear parts of a record classifier (全文分类器，线性部分)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from zhibian.coding.record_codes.features import FAMILIES, TERMS
from zhibian.documents.lexicon import load_reading_lexicon
from zhibian.evaluation.record_coding import METRICS
from zhibian.records.case_json import Limits
from zhibian.settings import Settings
from zhibian.training.classifier import Design, Trained, train, vocabulary_of, write_model
from zhibian.training.epochs import Direction
from zhibian.training.linear import LinearRecipe
from zhibian.training.records import TrainingRecord, checksum_of, read_cases, read_ccl25
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.sources import rules_checksum
from zhibian.training.runs.spec import Strict
from zhibian.training.vocabulary import Vocabulary

#: Positions a segment and shared by neighbours, where no encoder says otherwise.
SEGMENT = (512, 64)
#: More codes are no better and no worse in themselves: `others_given` decides nothing.
RECORD_METRICS: Mapping[str, Direction] = {
    name: "maximize" for name in METRICS if name != "others_given"
}
_RULES = ("terminology", "lexicons", "coding")


class RecordData(Strict):
    """Coded records (已编码病历): a hospital's own, or those of CCL25-Eval task 8."""

    cases: tuple[Path, ...] = Field(default=(), description="Files or folders 病例文件或文件夹")
    ccl25: Path | None = Field(default=None, description="Folder of CCL25 task 8 数据目录")

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.cases) == (self.ccl25 is not None):
            raise ValueError("cases 与 ccl25 必须写且只写一项")
        return self


class LinearParameters(Strict):
    """Settings of the linear parts (线性部分的参数)."""

    code_set: str = Field(default="nhsa-2.0", description="Edition of the filed codes 编码版本")
    spelling: bool = Field(default=False, description="Character n-grams as well 另加字符 n 元")
    least_records: int = Field(default=3, ge=1, description="Records a feature must stand in")
    principal_strength: float = Field(default=3.0, gt=0, description="Inverse ridge, principal")
    others_strength: float = Field(default=10.0, gt=0, description="Inverse ridge, others")

    def design(self, seed: int) -> Design:
        """Return what the classifier is made of."""
        families = FAMILIES if self.spelling else (TERMS,)
        recipe = LinearRecipe(self.least_records, self.principal_strength, self.others_strength)
        return Design(seed, families, linear=recipe)


@dataclass(frozen=True, slots=True)
class Records:
    """Records of a run with their labels (病历与标签).

    Attributes
    ----------
    whole
        Records with text: learned from, and a quarter of them tunes.
    names
        Records of name lists: learned from only.
    rules
        Folder of the rule data.
    """

    whole: Sequence[TrainingRecord]
    names: Sequence[TrainingRecord]
    rules: Path
    _vocabularies: dict[str, Vocabulary] = field(default_factory=dict)

    @property
    def sources(self) -> dict[str, str]:
        """Return the checksums of records and rule tables."""
        return {
            "records": checksum_of([*self.whole, *self.names]),
            "rules": rules_checksum(self.rules, _RULES),
        }

    def vocabulary(self, code_set: str) -> Vocabulary:
        """Return the labels in one edition, made once."""
        if code_set not in self._vocabularies:
            every = [*self.whole, *self.names]
            self._vocabularies[code_set] = vocabulary_of(every, self.rules, code_set)
        return self._vocabularies[code_set]


def read_records(data: RecordData, settings: Settings) -> Records:
    """Read the records of a run.

    Raises
    ------
    InputError
        A file can't be read, or a record has no codes.
    """
    lexicon = load_reading_lexicon(settings.rules)
    limits = Limits(settings.max_document_chars, settings.max_file_bytes)
    records = (
        read_cases(data.cases, lexicon, limits)
        if data.ccl25 is None
        else read_ccl25(data.ccl25, lexicon, limits)
    )
    return Records(
        [record for record in records if record.whole],
        [record for record in records if not record.whole],
        settings.rules,
    )


def record_metrics(trained: Trained) -> dict[str, float]:
    """Return the metrics of the records that weighed the parts."""
    return {name: METRICS[name](trained.tuned) for name in RECORD_METRICS}


@dataclass(frozen=True, slots=True)
class _ClassifierJob:
    records: Records

    @property
    def sources(self) -> Mapping[str, str]:
        return self.records.sources

    def train(self, parameters: LinearParameters, seed: int, place: Place, watch: Watch) -> Tuned:
        trained = train(
            self.records.whole,
            self.records.vocabulary(parameters.code_set),
            None,
            parameters.design(seed),
            extra=self.records.names,
            log=watch.say,
        )
        if place.target is not None:
            write_model(
                trained,
                self.records.whole,
                place.target,
                name=place.name,
                seed=seed,
                segment=SEGMENT,
            )
        return Tuned(record_metrics(trained))


def _prepare(data: Any, settings: Settings, threads: int) -> _ClassifierJob:
    return _ClassifierJob(read_records(data, settings))


KIND = Kind(
    name="classifier",
    title="全文分类器（线性部分）",
    data=RecordData,
    parameters=LinearParameters,
    metrics=RECORD_METRICS,
    # The seed deals the records out: which quarter of them tunes.
    seeded=True,
    needs=(),
    prepare=_prepare,
)
