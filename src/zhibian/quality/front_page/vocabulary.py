"""What rule files may name (规则文件可用的名称): fields, quantities, computations, sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from zhibian.quality.front_page.page_fields import PageFields

#: Results of grouping that conditions may name.
GROUP_NAMES = ("status", "mdc", "adrg", "drg", "level", "kind", "reason")
#: Numbers of the tariff that conditions may name.
TARIFF_NAMES = ("weight", "standard", "payment", "ratio")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Names that conditions may use.

    Attributes
    ----------
    fields
        Fields of the front page.
    dictionaries
        Values by name of the dictionary (值域字典), other spellings among them.
    quantities
        Names of derived quantities.
    computations
        Names of named computations.
    sets
        Named sets of codes as text.
    """

    fields: PageFields
    dictionaries: Mapping[str, frozenset[str]]
    quantities: frozenset[str]
    computations: frozenset[str]
    sets: Mapping[str, str]
