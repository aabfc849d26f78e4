"""Why two schemes group a case differently (方案差异原因)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group
from zhibian.grouping.pack import RulePack, load_variant, pack_folders
from zhibian.grouping.types import Grouping, GroupingInput

OTHER_EDITION = "版本不同"
AMBIGUOUS = "歧义组（QY）"
GAPS = "规则包未覆盖"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two schemes and the steps between them.

    Attributes
    ----------
    first, second
        The schemes.
    steps
        What sets the second apart, one thing at a time: its name, and the first scheme with this
        one thing as in the second. Empty for two different packs.
    """

    first: RulePack
    second: RulePack
    steps: tuple[tuple[str, RulePack], ...]

    def reason(
        self,
        case: GroupingInput,
        one: Grouping,
        other: Grouping,
        codebook: CodeBook | None = None,
    ) -> str:
        """Return why the second scheme groups a case differently, empty when it does not.

        Parameters
        ----------
        case
            The case.
        one, other
            Its groups under the first and the second scheme.
        codebook
            As used for both.
        """
        if _group(one) == _group(other):
            return ""
        if not self.steps:
            return OTHER_EDITION
        alone = [
            name
            for name, pack in self.steps
            if _group(group(case, pack, codebook, trace=False)) == _group(other)
        ]
        return alone[0] if alone else " + ".join(name for name, _ in self.steps)


def compare(rules: Path, first: RulePack, second: RulePack) -> Comparison:
    """Prepare the comparison of two schemes.

    Parameters
    ----------
    rules
        Folder of the rule data.
    first, second
        The schemes.
    """
    if first.manifest.id != second.manifest.id:
        return Comparison(first, second, ())
    folder = pack_folders(rules)[first.manifest.id]
    had = tuple(p.id for p in first.patches)
    gaps = bool(first.gaps)
    steps: list[tuple[str, RulePack]] = []
    if first.ambiguous != second.ambiguous:
        variant = load_variant(folder, had, ambiguous=second.ambiguous, gaps=gaps)
        steps.append((AMBIGUOUS, variant))
    if first.gaps != second.gaps:
        variant = load_variant(folder, had, ambiguous=first.ambiguous, gaps=bool(second.gaps))
        steps.append((GAPS, variant))
    for patch in (*first.patches, *second.patches):
        wanted = set(had) ^ {patch.id}
        if (patch in first.patches) != (patch in second.patches):
            ids = tuple(wanted)
            variant = load_variant(folder, ids, ambiguous=first.ambiguous, gaps=gaps)
            steps.append((f"更正 {patch.id}", variant))
    return Comparison(first, second, tuple(steps))


def _group(grouping: Grouping) -> tuple[str, str, str, str]:
    return (grouping.status.value, grouping.mdc, grouping.adrg, grouping.drg)
