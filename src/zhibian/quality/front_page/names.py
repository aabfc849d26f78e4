"""What conditions may name, read from the rule folder (字段目录、字典、编码集)."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from zhibian.problems import InputError, Problem
from zhibian.quality.front_page.selectors import SelectorError, read_selector
from zhibian.quality.front_page.vocabulary import Vocabulary
from zhibian.terminology.tables import read_text, read_yaml

DICTIONARIES = Path("front-page") / "dictionaries"
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
        Everything that is wrong with dictionaries and sets.
    """
    problems: list[Problem] = []
    dictionaries = _dictionaries(rules / DICTIONARIES, problems)
    sets = _sets(rules / SETS, problems)
    names = Vocabulary({}, {}, dictionaries, quantities, computations, sets)
    return names, problems


def _dictionaries(folder: Path, problems: list[Problem]) -> Mapping[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for path in sorted(folder.glob("*.csv")):
        try:
            lines = list(csv.reader(io.StringIO(read_text(path, "改存为 UTF-8 CSV"))))
        except InputError as error:
            problems += error.problems
            continue
        found[path.stem] = frozenset(line[0] for line in lines[1:] if line)
    return found


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
        if not isinstance(codes, str) or not isinstance(less, str):
            problems.append(
                Problem(
                    f"{path.name} {name}",
                    "set_invalid",
                    "应为编码文本，或含 codes 的键值结构",
                    _REMEDY,
                )
            )
            continue
        texts[str(name)] = " ".join([codes, *(f"!{piece}" for piece in less.split())])
    for name, text in texts.items():
        try:
            read_selector(text, "", texts)
        except SelectorError as error:
            problems.append(Problem(f"{path.name} {name}", "set_invalid", str(error), _REMEDY))
    return texts
