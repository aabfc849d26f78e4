"""Run kind `principal`: the ranker of principal diagnoses (主要诊断排序模型)."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from zhibian.coding.coder import CodingKnowledge
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.evaluation.matching import accepted_principal
from zhibian.records.case_json import Limits
from zhibian.review.reviewer import NO_TARIFF, load_reviewer
from zhibian.settings import Settings
from zhibian.terminology.tables import write_yaml
from zhibian.training.principal import (
    CATEGORY,
    FILE,
    PULL,
    Example,
    as_file,
    beats,
    ccl25_cases,
    cross_validate,
    examples,
    fit,
)
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.sources import arrays_checksum
from zhibian.training.runs.spec import Strict


class PrincipalData(Strict):
    """Records with gold principal diagnoses (带主要诊断金标准的病例)."""

    cases: Path = Field(description="Folder of cases with gold blocks 病例文件夹")
    pattern: str = Field(default="*", description="Only file names like this 文件名")
    ccl25: Path | None = Field(default=None, description="Full records of CCL25 task 8")


class PrincipalParameters(Strict):
    """Settings of the fit (拟合参数)."""

    pull: float = Field(default=PULL, gt=0, description="Strength of the hand-set prior 先验强度")


@dataclass(frozen=True, slots=True)
class PrincipalJob:
    """Records with their candidates (训练样本).

    Attributes
    ----------
    found
        Records in which a candidate is right and another is wrong.
    knowledge
        What they were coded with.
    """

    found: Sequence[Example]
    knowledge: CodingKnowledge

    @property
    def sources(self) -> Mapping[str, str]:
        """Return the checksum of all candidates: it tells changed rules as well."""
        arrays = [a for one in self.found for a in (one.values, one.rules, np.array(one.right))]
        return {"records": arrays_checksum(arrays)}

    def train(
        self, parameters: PrincipalParameters, seed: int, place: Place, watch: Watch
    ) -> Tuned:
        """Judge every record by weights that did not learn it; the seed deals the folds."""
        dealt = random.Random(seed).sample(list(self.found), len(self.found))
        ranker = self.knowledge.principal_rules.ranker
        figures = cross_validate(dealt, ranker.prior, parameters.pull)
        if place.target is not None:
            learned = fit(self.found, ranker.prior, parameters.pull) if beats(figures) else None
            content, comment = as_file(figures, learned, ranker)
            write_yaml(place.target / FILE, content, comment)
        return Tuned(
            {
                part: sum(row[f"{part}_learned"] for row in figures.values()) / len(figures)
                for part in ("with_rules", "ranker")
            }
        )


def _prepare(data: Any, settings: Settings, threads: int) -> PrincipalJob:
    reviewer = load_reviewer(settings.rules, settings.scheme, NO_TARIFF, None)
    limits = Limits(settings.max_document_chars, settings.max_file_bytes)
    gold = read_gold_cases(data.cases, data.pattern, limits, reviewer)
    cases = [(read.case, accepted_principal(answer)) for read, answer in gold]
    found = examples(cases, "records", reviewer.knowledge, None)
    if data.ccl25 is not None:
        found += examples(ccl25_cases(data.ccl25, limits), "ccl25", reviewer.knowledge, CATEGORY)
    return PrincipalJob(found, reviewer.knowledge)


KIND = Kind(
    name="principal",
    title="主要诊断排序模型",
    data=PrincipalData,
    parameters=PrincipalParameters,
    metrics={"with_rules": "maximize", "ranker": "maximize"},
    seeded=True,
    needs=(),
    prepare=_prepare,
)
