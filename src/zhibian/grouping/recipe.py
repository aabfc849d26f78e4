"""How the pack of an edition is made out of its transcription (规则包配方), ``recipe.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict

RECIPE = "recipe.yaml"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Corrections(_Frozen):
    """Files of the facts that replace what the transcription lost.

    Attributes
    ----------
    gates, rules
        File with new gates by category, file with new rules by core group.
    """

    gates: str
    rules: str


class CodeSelection(_Frozen):
    """Which codes a set takes out of the procedures that are not valid.

    Attributes
    ----------
    prefixes
        Beginnings of codes; the empty one takes all.
    codes
        Single codes.
    """

    prefixes: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()

    def takes(self, code: str) -> bool:
        """Tell whether a code belongs to the selection."""
        return code in self.codes or code.startswith(self.prefixes)


class Recipe(_Frozen):
    """What differs between editions when their tables are built.

    Attributes
    ----------
    folder
        Folder of the transcription inside the facts.
    notation
        How the transcription writes rules: ``conditions`` (one object of named conditions a core
        group) or ``alternatives`` (a choice of combinations of named lists).
    corrections
        Files that replace lost gates and rules, None when there are none.
    ambiguous_also
        What an ambiguous group (歧义组) asks for besides a valid principal procedure, by its code.
    ambiguous_instead_of_medical
        Whether an ambiguous group takes only cases that a medical group of the category would
        take; otherwise it takes every case of the category.
    invalid_procedure_sets
        Sets of procedures outside the valid ones, by name.
    """

    folder: str
    notation: Literal["conditions", "alternatives"]
    corrections: Corrections | None = None
    ambiguous_also: Mapping[str, str] = {}
    ambiguous_instead_of_medical: bool = False
    invalid_procedure_sets: Mapping[str, CodeSelection] = {}


def read_recipe(folder: Path) -> Recipe:
    """Read ``recipe.yaml``.

    Parameters
    ----------
    folder
        Folder of what people write for an edition.

    Raises
    ------
    OSError
        There is no recipe.
    """
    return Recipe.model_validate(yaml.safe_load((folder / RECIPE).read_text("utf-8")))


def editions(scheme: Path) -> dict[str, Path]:
    """Return the folders of a scheme that can be built, by edition (folder name).

    Parameters
    ----------
    scheme
        Folder of a scheme, such as ``rules/chs-drg``.
    """
    return {p.parent.name: p.parent for p in sorted(scheme.glob(f"*/{RECIPE}"))}
