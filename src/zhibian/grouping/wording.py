"""Rules of a transcription in the official language (规则改写): objects in, rule text out.

Transcriptions write a rule as small objects (``{"main_dx_in": "dx"}``) or as a
choice of combinations of named lists; here each becomes rule text, each list a
named set. A condition that has no counterpart stops the build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from zhibian.grouping.manifest import Row

ANY_DX = "{ZYZD,QTZD}"
ANY_PROC = "{ZYSS,QTSS}"
VALID = "OP_ALL"
_FIELDS: Mapping[str, tuple[str, str]] = {
    "main_dx": ("ZYZD", "ZD"),
    "other_dx": ("QTZD", "ZD"),
    "any_dx": (ANY_DX, "ZD"),
    "main_proc": ("ZYSS", "SS"),
    "any_proc": (ANY_PROC, "SS"),
}
_ANY_VALID = "*valid*"
_DAYS_BELOW_ONE_YEAR = 364


class Sets:
    """Collects named sets in the order in which rules need them; repeated codes are kept once."""

    def __init__(self) -> None:
        self._made: dict[str, tuple[str, ...]] = {}
        self.rows: list[Row] = []

    def add(self, name: str, kind: str, codes: Iterable[str]) -> str:
        """Add a set, unless it is there already with the same codes.

        Raises
        ------
        ValueError
            Another list has the same name.
        """
        kept = tuple(dict.fromkeys(codes))
        if name not in self._made:
            self._made[name] = kept
            self.rows.extend({"set": name, "type": kind, "code": c} for c in kept)
        require(self._made[name] == kept, name)
        return name


def require(truth: bool, subject: str) -> None:
    """Stop the build when a transcription holds what can't be written as a rule.

    Raises
    ------
    ValueError
        It does.
    """
    if not truth:
        raise ValueError(f"{subject}: a condition that the rule language does not know yet")


def gate(mdc: Mapping[str, Any], sets: Sets, set_names: dict[str, str]) -> str:
    """Return the rule of a category.

    Parameters
    ----------
    mdc
        As transcribed.
    sets
        Takes the sets that the rule names.
    set_names
        Takes the names of body regions by set.
    """
    wanted = dict(mdc["gate"])
    code = mdc["mdc"]
    parts = []
    if wanted.pop("main_proc_valid", False):
        parts.append(f"ZYSS in {VALID}")
    if (also := wanted.pop("main_proc_valid_or_in", None)) is not None:
        parts.append(f"ZYSS in {{{VALID},{sets.add(f'{code}_SS', 'SS', also)}}}")
    regions = mdc.get("trauma_regions", {})
    region_sets = [
        sets.add(f"{code}_ZD{i}", "ZD", sorted(codes))
        for i, codes in enumerate(regions.values(), start=1)
    ]
    set_names.update(zip(region_sets, regions, strict=True))
    for condition, fields in (("main_dx_in", "ZYZD"), ("any_dx_in", ANY_DX)):
        if wanted.pop(condition, None) is None:
            continue
        if regions:
            # The table of the category is exactly the union of its regions.
            require(set(mdc["main_dx"]) == set().union(*regions.values()), code)
            parts.append(f"{fields} in {{{','.join(region_sets)}}}")
        else:
            parts.append(f"{fields} in {sets.add(f'{code}_ZD', 'ZD', sorted(mdc['main_dx']))}")
    if (least := wanted.pop("min_distinct_regions", None)) is not None:
        inside = ", ".join(f"{ANY_DX} in {s}" for s in region_sets)
        parts.append(f"count({inside}) >= {least}")
    if (sex := wanted.pop("sex", None)) is not None:
        parts.append(f"XB = {sex}")
    if (years := wanted.pop("age_years_eq", None)) is not None:
        parts.append(f"NL = {years}")
    if (days := wanted.pop("age_days_max", None)) is not None:
        # The age in years tells the first year of life without the age in days; the core groups
        # that need the days ask for them, so that a case without them is reported as incomplete.
        parts.append("NL = 0" if days == _DAYS_BELOW_ONE_YEAR else f"XSRTL <= {days}")
    require(not wanted, code)
    return " and ".join(parts)


def conditions(adrg: Mapping[str, Any], sets: Sets, number: str) -> str:
    """Return the rule of a core group written as an object of named conditions.

    Parameters
    ----------
    adrg
        As transcribed.
    sets
        Takes the sets that the rule names.
    number
        Tells the sets of two rules of one core group apart, else empty.
    """
    cond = dict(adrg["cond"])
    code = adrg["adrg"]
    parts = []

    def named(suffix: str, kind: str, field: str) -> str:
        return sets.add(f"{code}{number}_{suffix}", kind, adrg[field])

    if cond.pop("main_dx_in", None):
        parts.append(f"ZYZD in {named('ZD', 'ZD', 'dx')}")
    if cond.pop("main_dx_not_in", None):
        parts.append(f"ZYZD not in {named('ZD', 'ZD', 'dx')}")
    if cond.pop("any_dx_in", None):
        parts.append(f"{ANY_DX} in {named('ZD', 'ZD', 'dx')}")
    if cond.pop("other_dx_in", None):
        parts.append(f"QTZD in {named('ZD2', 'ZD', 'dx2')}")
    # Every condition on procedures below is false without one, so "has a procedure" adds nothing.
    cond.pop("has_proc", None)
    if main := cond.pop("main_proc_in", None):
        parts.append(f"ZYSS in {named('SS', 'SS', 'proc')}")
    # The same list asked of any procedure adds nothing beside the principal one.
    if cond.pop("any_proc_in", None) and not main:
        parts.append(f"{ANY_PROC} in {named('SS', 'SS', 'proc')}")
    if cond.pop("any_proc_in_2", None):
        parts.append(f"{ANY_PROC} in {named('SS2', 'SS', 'proc2')}")
    if cond.pop("any_proc_in_3", None):
        parts.append(f"{ANY_PROC} in {named('SS3', 'SS', 'proc3')}")
    if (valid := cond.pop("main_proc_valid", None)) is not None:
        parts.append(f"ZYSS {'in' if valid else 'not in'} {VALID}")
    if (valid := cond.pop("any_proc_valid", None)) is not None:
        parts.append(f"{ANY_PROC} {'in' if valid else 'not in'} {VALID}")
    if (choices := cond.pop("proc_classes_dnf", None)) is not None:
        parts.append(_classes(code, adrg["proc_classes"], choices, sets))
    # A missing weight fails every comparison, so "weight is present" adds nothing.
    cond.pop("weight_present", None)
    if (least := cond.pop("weight_ge", None)) is not None:
        parts.append(f"XSRTZ >= {least}")
    if (below := cond.pop("weight_lt", None)) is not None:
        parts.append(f"XSRTZ < {below}")
    if (days := cond.pop("age_days_max", None)) is not None:
        parts.append(f"XSRTL <= {days}")
    require(not cond, code)
    return " and ".join(parts)


def _classes(
    code: str, classes: Mapping[str, list[str]], choices: list[list[str]], sets: Sets
) -> str:
    """Return a choice of combinations of procedure classes (甲类与乙类手术同时发生)."""
    names = {c: sets.add(f"{code}_SS{c}", "SS", codes) for c, codes in sorted(classes.items())}
    return one_of(
        " and ".join(f"{ANY_PROC} in {names[c]}" for c in combination) for combination in choices
    )


def list_sets(adrgs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the set name of every named list of a transcription.

    A list belongs to the core group whose code begins its name, also where another group refers
    to it; the lists of one group are numbered in the order in which its rule names them. A list
    that another group knows by an older name is found by its codes.

    Parameters
    ----------
    adrgs
        Core groups written as alternatives.
    """
    names: dict[str, str] = {}
    codes: dict[str, list[str]] = {}
    for adrg in adrgs:
        counts = {"ZD": 0, "SS": 0}
        for field, name in _terms(adrg):
            if name in names or not name.startswith(adrg["adrg"]):
                continue
            kind = _FIELDS[field][1]
            counts[kind] += 1
            number = str(counts[kind]) if counts[kind] > 1 else ""
            names[name] = f"{adrg['adrg']}_{kind}{number}"
            codes[name] = adrg["lists"][name]
    for adrg in adrgs:
        for name in (n for _, n in _terms(adrg) if n not in names):
            owner = [n for n in codes if n[:3] == name[:3] and codes[n] == adrg["lists"][name]]
            require(len(owner) == 1, f"{adrg['adrg']} {name}")
            names[name] = names[owner[0]]
    return names


def _terms(adrg: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return field and list name of every term that refers to a list."""
    return [
        (field, name)
        for combination in adrg["any_of"]
        for term in combination
        for field, name in term.items()
        if field in _FIELDS and name != _ANY_VALID
    ]


def alternatives(adrg: Mapping[str, Any], sets: Sets, names: Mapping[str, str]) -> str:
    """Return the rule of a core group written as a choice of combinations of named lists.

    Parameters
    ----------
    adrg
        As transcribed.
    sets
        Takes the sets that the rule names.
    names
        Set name of every list, from :func:`list_sets`.
    """
    code = adrg["adrg"]
    choices = []
    for combination in adrg["any_of"]:
        terms = []
        for field, name in ((f, n) for term in combination for f, n in term.items()):
            if field == "trauma_regions_ge_2":
                # The gate of the category asks for the regions already.
                continue
            require(field in _FIELDS, code)
            fields, kind = _FIELDS[field]
            if name == _ANY_VALID:
                terms.append(f"{fields} in {VALID}")
            else:
                terms.append(f"{fields} in {sets.add(names[name], kind, adrg['lists'][name])}")
        choices.append(" and ".join(terms))
    extra = {k: v for k, v in adrg.get("extra", {}).items() if k != "from"}
    parts = [one_of(choices) if len(choices) > 1 else choices[0]]
    if (weight := extra.pop("birth_weight", None)) is not None:
        parts += _weight(weight, code)
    if (days := extra.pop("age_days_min", None)) is not None:
        parts.append(f"XSRTL >= {days}")
    if (days := extra.pop("age_days_max", None)) is not None:
        parts.append(f"XSRTL <= {days}")
    require(not extra, code)
    return " and ".join(p for p in parts if p)


def _weight(band: str, code: str) -> list[str]:
    """Return the comparisons of a weight band in grams; the next band begins where one ends."""
    if band.startswith(("<", ">=")):
        sign = band.rstrip("0123456789")
        return [f"XSRTZ {sign} {band.removeprefix(sign)}"]
    least, dash, most = band.partition("-")
    require(dash == "-" and least.isdigit() and most.isdigit(), code)
    return [f"XSRTZ >= {least}", f"XSRTZ < {int(most) + 1}"]


def one_of(choices: Iterable[str]) -> str:
    """Return a choice of conditions, in brackets."""
    return "(" + " or ".join(f"({c})" if " and " in c else c for c in choices) + ")"


def ambiguous(also: str, medical: Sequence[str] | None) -> str:
    """Return the rule of an ambiguous group (歧义组).

    Parameters
    ----------
    also
        What it asks for besides, or empty.
    medical
        Rules of the medical groups of which one must hold, None when that does not matter.
    """
    parts = [f"ZYSS in {VALID}"]
    if also:
        parts.append(also)
    if medical is not None and "" not in medical:
        by_principal = [r.removeprefix("ZYZD in ") for r in medical if _principal_only(r)]
        others = [r for r in medical if not _principal_only(r)]
        first = [f"ZYZD in {_braced(by_principal)}"] if by_principal else []
        choices = first + others
        parts.append(one_of(choices) if len(choices) > 1 else choices[0])
    return " and ".join(parts)


def _principal_only(rule: str) -> bool:
    return rule.startswith("ZYZD in ") and " " not in rule.removeprefix("ZYZD in ")


def _braced(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else "{" + ",".join(names) + "}"
