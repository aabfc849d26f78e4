"""When a filed code is doubted, and when a proposed one is needless (无依据与涵盖的判定)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zhibian.coding.dictionary import Dictionary
from zhibian.coding.rulefile import read_rule_file
from zhibian.quality.covered import Cover, load_covers
from zhibian.quality.flags import TrustLimits
from zhibian.quality.likeness import Likeness, read_likeness

TABLE = Path("evidence") / "doubt.yaml"


@dataclass(frozen=True, slots=True)
class DoubtRules:
    """What decides whether page and record disagree (首页与病历是否不一致的判定).

    Attributes
    ----------
    limits
        How far places of the record must be trusted.
    likeness
        When a code counts as named in other words.
    covers
        Codes that say nothing beside another one.
    """

    limits: TrustLimits
    likeness: Likeness
    covers: tuple[Cover, ...]


def load_doubt_rules(rules: Path, dictionaries: Iterable[Dictionary]) -> DoubtRules:
    """Read rules/evidence/doubt.yaml and covered.yaml.

    Parameters
    ----------
    rules
        Folder of the rule data.
    dictionaries
        Their spellings are laid over records.

    Raises
    ------
    InputError
        A file is absent or malformed.
    """
    covers = load_covers(rules)

    def parse(raw: Mapping[str, Any]) -> DoubtRules:
        return DoubtRules(
            limits=TrustLimits(float(raw["stated_from"]), float(raw["mentioned_below"])),
            likeness=read_likeness(raw["likeness"], dictionaries),
            covers=covers,
        )

    return read_rule_file(rules, TABLE, parse)
