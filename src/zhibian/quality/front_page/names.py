"""What conditions may name, read from the rule folder (字段目录、字典、编码集)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.code_kinds import codes_of_kind
from zhibian.quality.front_page.page_fields import PageFields
from zhibian.quality.front_page.selectors import SelectorError, read_selector
from zhibian.quality.front_page.vocabulary import Vocabulary
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.terminology.tables import read_yaml

SETS = Path("quality")
_SET_FILES = "sets*.yaml"
_REMEDY = "按 rules/quality/README.md 的编码集写法改正"
_SET_SHAPE = "应为编码文本，或含 codes、category、grey 之一的键值结构"


def load_names(
    rules: Path, quantities: frozenset[str], computations: frozenset[str]
) -> tuple[Vocabulary, list[Problem]]:
    """Read fields, dictionaries and sets of codes.

    Parameters
    ----------
    rules
        Folder of the rule data.
    quantities, computations
        Names that the engine defines.

    Returns
    -------
    names, problems
        Everything that is wrong with the sets.

    Raises
    ------
    InputError
        The catalogue of fields is absent or damaged.
    """
    catalogue = load_catalogue(rules)
    problems: list[Problem] = []
    names = Vocabulary(
        fields=PageFields(catalogue),
        dictionaries={
            id: frozenset((*found.names, *found.aliases))
            for id, found in catalogue.dictionaries.items()
        },
        quantities=quantities,
        computations=computations,
        sets=_sets(rules, problems),
    )
    return names, problems


def _sets(rules: Path, problems: list[Problem]) -> Mapping[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((rules / SETS).glob(_SET_FILES)):
        try:
            data = read_yaml(path, _REMEDY)
        except InputError as error:
            problems += error.problems
            continue
        for name, given in data.items():
            text = _set_text(given, rules)
            if text is None or name in texts:
                why = "集名重复" if name in texts else _SET_SHAPE
                problems.append(Problem(f"{path.name} {name}", "set_invalid", why, _REMEDY))
            else:
                texts[str(name)] = text
    for name, text in texts.items():
        try:
            read_selector(text, "", texts)
        except SelectorError as error:
            problems.append(Problem(f"编码集 {name}", "set_invalid", str(error), _REMEDY))
    return texts


def _set_text(given: object, rules: Path) -> str | None:
    """Return a set as text of a selector; None where it is malformed."""
    entry = given if isinstance(given, dict) else {"codes": given}
    if entry.keys() & {"category", "grey"}:
        return codes_of_kind(entry, rules)
    codes, less = entry.get("codes"), entry.get("except", "")
    if not isinstance(codes, str) or not isinstance(less, str):
        return None
    return " ".join([codes, *(f"!{piece}" for piece in less.split())])
