"""What conditions may name, read from the rule folder (字段目录、字典、编码集)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.page_fields import PageFields
from zhibian.quality.front_page.selectors import SelectorError, read_selector
from zhibian.quality.front_page.vocabulary import Vocabulary
from zhibian.records.front_page.catalogue import load_catalogue
from zhibian.terminology.tables import read_yaml

SETS = Path("quality") / "sets.yaml"
_REMEDY = "按 rules/quality/README.md 的编码集写法改正"


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
        sets=_sets(rules / SETS, problems),
    )
    return names, problems


def _sets(path: Path, problems: list[Problem]) -> Mapping[str, str]:
    if not path.is_file():
        return {}
    try:
        data = read_yaml(path, _REMEDY)
    except InputError as error:
        problems += error.problems
        return {}
    texts: dict[str, str] = {}
    for name, given in data.items():
        entry = given if isinstance(given, dict) else {"codes": given}
        codes, less = entry.get("codes"), entry.get("except", "")
        if isinstance(codes, str) and isinstance(less, str):
            texts[str(name)] = " ".join([codes, *(f"!{piece}" for piece in less.split())])
        else:
            message = "应为编码文本，或含 codes 的键值结构"
            problems.append(Problem(f"{path.name} {name}", "set_invalid", message, _REMEDY))
    for name, text in texts.items():
        try:
            read_selector(text, "", texts)
        except SelectorError as error:
            problems.append(Problem(f"{path.name} {name}", "set_invalid", str(error), _REMEDY))
    return texts
