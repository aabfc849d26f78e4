"""What every part of a record classifier shares (共用词表): labels, section names, terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from zhibian.coding.record_codes.model import Label
from zhibian.documents.types import SectionKind
from zhibian.evaluation.data.ccl25 import BACKGROUND_NAMES, STAY_NAMES
from zhibian.training.records import TrainingRecord

SECTIONS = (
    *(kind.value for kind in SectionKind if kind is not SectionKind.OTHER),
    STAY_NAMES,
    BACKGROUND_NAMES,
    SectionKind.OTHER.value,
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What every part shares (共用词表).

    Attributes
    ----------
    labels
        Codes, in the order of scores.
    code_set
        Edition of the codes.
    groups
        Section to groups of sections.
    terms
        Dictionary terms: official names and aliases, normalised.
    """

    labels: tuple[Label, ...]
    code_set: str
    groups: Mapping[str, tuple[str, ...]]
    terms: frozenset[str] = field(repr=False)

    @property
    def codes(self) -> tuple[str, ...]:
        """Return the codes, in the order of scores."""
        return tuple(label.code for label in self.labels)

    def answers(self, records: Sequence[TrainingRecord]) -> tuple[np.ndarray, np.ndarray]:
        """Return label numbers of the principal diagnoses, and which labels are others."""
        place = {code: number for number, code in enumerate(self.codes)}
        others = np.zeros((len(records), len(self.labels)), bool)
        for row, record in enumerate(records):
            others[row, [place[code] for code in record.others]] = True
        return np.array([place[record.principal] for record in records]), others
