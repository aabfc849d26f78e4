"""Say which of the codes that hospitals file most have a wording of ours (别名覆盖率).

No official table of frequencies is at hand. Two stand-ins:

- ``rules/lexicons/common_codes.csv``: codes that an acute hospital files most by specialty, written
  from clinical judgement;
- with ``--shared FOLDER`` the codes named most often in the research data beside the checkout
  (CHIP-CDN, Yidu-N7K, CCL25 task 8), read at run time only.

An alias counts when it is spelled otherwise than the official name of its code.

    python tests/tools/alias_coverage.py [--missing] [--shared FOLDER] [--most 2000]
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from zhibian.documents.normalise import normalise

RULES = Path(__file__).resolve().parents[2] / "rules"
KINDS = {"diagnosis": "icd10", "procedure": "icd9cm3"}
_JOINT = "##"


@dataclass(frozen=True, slots=True)
class CommonCode:
    """One code of the list: kind is ``diagnosis`` or ``procedure``."""

    code: str
    kind: str
    specialty: str
    name: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """Codes of a list with an alias, and those without."""

    covered: tuple[tuple[str, str], ...]
    missing: tuple[tuple[str, str], ...]

    @property
    def share(self) -> float:
        return len(self.covered) / max(1, len(self.covered) + len(self.missing))


def rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def official_names(rules: Path, kind: str) -> dict[str, str]:
    table = rules / "terminology" / f"{KINDS[kind]}-nhsa-2.0.csv"
    return {row["code"]: row["name"] for row in rows(table)}


def common_codes(rules: Path) -> list[CommonCode]:
    return [CommonCode(**row) for row in rows(rules / "lexicons" / "common_codes.csv")]


def codes_with_alias(rules: Path, kind: str) -> set[str]:
    """Return the codes that an alias table, or the table of meanings in context, leads to."""
    names = official_names(rules, kind)
    folder = rules / "lexicons" / "aliases"
    tables = [t for t in (folder / kind).glob("*.csv") if not t.name.startswith("ambiguous")]
    pairs = [(row["alias"], row["code"]) for table in tables for row in rows(table)]
    if kind == "diagnosis":
        pairs += [(row["wording"], row["code"]) for row in rows(folder / "in-context.csv")]
    return {code for alias, code in pairs if normalise(alias) != normalise(names.get(code, ""))}


def coverage(rules: Path, wanted: Iterable[tuple[str, str]]) -> Coverage:
    """Return which ``(kind, code)`` have an alias."""
    have = {kind: codes_with_alias(rules, kind) for kind in KINDS}
    listed = list(dict.fromkeys(wanted))
    return Coverage(
        tuple(entry for entry in listed if entry[1] in have[entry[0]]),
        tuple(entry for entry in listed if entry[1] not in have[entry[0]]),
    )


def most_named(rules: Path, shared: Path, most: int) -> list[tuple[str, str]]:
    """Return the ``(kind, code)`` that the research data name most often."""
    counts: Counter[tuple[str, str]] = Counter()
    for kind, names in (("diagnosis", _chip_cdn(shared)), ("procedure", _yidu(shared))):
        known = _codes_by_name(rules, kind)
        counts.update((kind, known[normalise(name)]) for name in names if normalise(name) in known)
    clinical = {
        row["code"]: row["nhsa"]
        for row in rows(rules / "terminology" / "icd10-clinical-2.0-to-nhsa-2.0.csv")
    }
    counts.update(("diagnosis", clinical[code]) for code in _ccl25(shared) if code in clinical)
    return [entry for entry, _ in counts.most_common(most)]


def _codes_by_name(rules: Path, kind: str) -> Mapping[str, str]:
    named: dict[str, str] = {}
    for table in sorted((rules / "terminology").glob(f"{KINDS[kind]}-*-to-nhsa-2.0.csv")):
        named |= {normalise(row["name"]): row["nhsa"] for row in rows(table)}
    return named | {normalise(name): code for code, name in official_names(rules, kind).items()}


def _chip_cdn(shared: Path) -> Iterator[str]:
    for pair in _json(shared / "data" / "chip_cdn" / "train.json"):
        yield from pair["normalized_result"].split(_JOINT)


def _yidu(shared: Path) -> Iterator[str]:
    path = shared / "data" / "yidu_n7k" / "train.tsv"
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines()[1:]:
            yield from line.split("\t")[1].split(_JOINT)


def _ccl25(shared: Path) -> Iterator[str]:
    for record in _json(shared / "data" / "ccl25_task8" / "train_fulltext_150.json"):
        yield record["主要诊断编码"]
        yield from record["其他诊断编码"]


def _json(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    loaded: list[dict[str, str]] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _print(title: str, result: Coverage, *, missing: bool) -> None:
    total = len(result.covered) + len(result.missing)
    print(f"{title}: {len(result.covered)} of {total} codes have an alias ({result.share:.1%})")
    if missing:
        names = {kind: official_names(RULES, kind) for kind in KINDS}
        for kind, code in result.missing:
            print(f"  {kind} {code} {names[kind].get(code, '')}")


def main() -> None:
    """Print the coverage of both lists."""
    parser = argparse.ArgumentParser(description="Coverage of common codes by aliases")
    parser.add_argument("--missing", action="store_true", help="list the codes without an alias")
    parser.add_argument("--shared", type=Path, help="folder of the research data")
    parser.add_argument("--most", type=int, default=2000, help="how many of the most named codes")
    asked = parser.parse_args()
    listed = common_codes(RULES)
    for kind in KINDS:
        wanted = [(entry.kind, entry.code) for entry in listed if entry.kind == kind]
        _print(f"common codes, {kind}", coverage(RULES, wanted), missing=asked.missing)
    if asked.shared is not None:
        named = most_named(RULES, asked.shared, asked.most)
        _print("most named in research data", coverage(RULES, named), missing=asked.missing)


if __name__ == "__main__":
    main()
