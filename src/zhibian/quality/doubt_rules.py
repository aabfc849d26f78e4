"""When a filed code is doubted (无依据的判定), read from rules/evidence/doubt.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.rulefile import read_rule_file
from zhibian.quality.flags import TrustLimits
from zhibian.quality.likeness import Likeness, read_likeness

TABLE = Path("evidence") / "doubt.yaml"


@dataclass(frozen=True, slots=True)
class DoubtRules:
    """Limits beyond which a filed code is doubted (无依据判定界限).

    Attributes
    ----------
    limits
        How far places of the record must be trusted.
    likeness
        When a code counts as named in other words.
    """

    limits: TrustLimits
    likeness: Likeness


def load_doubt_rules(rules: Path, dictionaries: Iterable[Dictionary]) -> DoubtRules:
    """Read rules/evidence/doubt.yaml.

    Parameters
    ----------
    rules
        Folder of the rule data.
    dictionaries
        Their spellings are laid over records.

    Raises
    ------
    InputError
        The file is absent or malformed.
    """

    def parse(raw: Mapping[str, Any]) -> DoubtRules:
        return DoubtRules(
            limits=TrustLimits(float(raw["stated_from"]), float(raw["mentioned_below"])),
            likeness=read_likeness(raw["likeness"], dictionaries),
        )

    return read_rule_file(rules, TABLE, parse)
