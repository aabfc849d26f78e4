"""What rule files may name (规则文件可用的名称): fields, quantities, computations, sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_SHAPE = re.compile(r"[A-Z]\d{2}(x\d{2})?[CN]?|[a-z][a-z0-9_]+")
_NOTHING: Mapping[str, str] = MappingProxyType({})

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
        Chinese name by field of the front page.
    dictionary_of
        Name of the dictionary (值域字典) by field.
    dictionaries
        Keys by name of the dictionary.
    quantities
        Names of derived quantities.
    computations
        Names of named computations.
    sets
        Named sets of codes as text.
    """

    fields: Mapping[str, str]
    dictionary_of: Mapping[str, str]
    dictionaries: Mapping[str, frozenset[str]]
    quantities: frozenset[str]
    computations: frozenset[str]
    sets: Mapping[str, str] = field(default_factory=lambda: _NOTHING)

    def knows(self, name: str) -> bool:
        """Tell whether a field is known."""
        return name in self.fields if self.fields else _SHAPE.fullmatch(name) is not None
