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
MISSING = "缺项的处理"
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
        alone = {
            name: _group(group(case, pack, codebook, trace=False)) for name, pack in self.steps
        }
        sole = [name for name, found in alone.items() if found == _group(other)]
        if sole:
            return sole[0]
        # No step does it alone: name those that move the case, or all when none does.
        moving = [name for name, found in alone.items() if found != _group(one)]
        return " + ".join(moving or alone)


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

    def variant(
        patches: tuple[str, ...] = had,
        ambiguous: bool = first.ambiguous,
        strict: bool = first.strict,
        gaps: bool = bool(first.gaps),
    ) -> RulePack:
        return load_variant(folder, patches, ambiguous=ambiguous, strict=strict, gaps=gaps)

    steps: list[tuple[str, RulePack]] = []
    if first.ambiguous != second.ambiguous:
        steps.append((AMBIGUOUS, variant(ambiguous=second.ambiguous)))
    if first.strict != second.strict:
        steps.append((MISSING, variant(strict=second.strict)))
    if first.gaps != second.gaps:
        steps.append((GAPS, variant(gaps=bool(second.gaps))))
    for patch in (*first.patches, *second.patches):
        if (patch in first.patches) != (patch in second.patches):
            patches = tuple(set(had) ^ {patch.id})
            steps.append((f"更正 {patch.id}", variant(patches)))
    return Comparison(first, second, tuple(steps))


def _group(grouping: Grouping) -> tuple[str, str, str, str]:
    return (grouping.status.value, grouping.mdc, grouping.adrg, grouping.drg)
