"""Codes and names against the code sets (编码与编码库): known, named, of one edition."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import polars as pl

from zhibian.quality.front_page.computations.by_page import violations
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.terminology.code_set import CodeSet
from zhibian.terminology.crosswalk import Crosswalk
from zhibian.terminology.names import normal_spelling, same_name

#: Entries of each kind of code: the repeated group, its code, its name.
_GROUPS = {"diagnosis": ("diagnoses", "C06C", "C07N"), "procedure": ("procedures", "C35C", "C36N")}
_PRINCIPAL = {"C06C": "C03C", "C07N": "C04N", "C35C": "C14C", "C36N": "C15N"}


def unknown_codes(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find codes that the NHSA code set does not hold (F05, F06).

    Parameters
    ----------
    pages
        Codes as filed; width, case and the form of ``x`` do not matter.
    parameters
        ``kind``: ``diagnosis`` or ``procedure``, or a single field of a diagnosis such as C01C.
    """
    kind = str(parameters["kind"])
    known = _set_of(pages, kind)

    def wrong(code: str) -> bool:
        return normal_spelling(code) not in known

    if kind not in _GROUPS:
        cells = pl.DataFrame({"code": pages.text(kind)}).with_row_index("page")
        found = cells.filter(_flags(cells["code"], wrong))
        place = pl.lit(None, pl.Int16).alias("place")
        return violations(found.select("page", pl.lit(kind).alias("field"), place))
    group, code, _ = _GROUPS[kind]
    entries = pages.entries(group)
    return _entries(entries.filter(_flags(entries[code], wrong)), code)


def names_of_other_codes(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find names that are not those of their code (F05, F06).

    A filed name may say more than the published one (左侧, 术后), but must hold it, width, case and
    punctuation aside. Codes that the set does not hold are left to `unknown_codes`; names of a
    homonym of the clinical edition are left to `names_of_other_edition`.

    Parameters
    ----------
    pages
        Codes and names as filed.
    parameters
        ``kind``: ``diagnosis`` or ``procedure``.
    """
    kind = str(parameters["kind"])
    known, other = _set_of(pages, kind), _clinical(pages, kind)

    def differs(code: str, name: str) -> bool:
        entry = known.get(normal_spelling(code))
        return (
            entry is not None and not _holds(name, entry.name) and not _homonym(other, code, name)
        )

    return _entries(_differing(pages, kind, differs), _GROUPS[kind][2])


def names_of_other_edition(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find codes whose filed name is what they mean in the clinical edition 2.0 (F08, 同码不同义).

    Parameters
    ----------
    pages
        Codes and names as filed.
    parameters
        ``kind``: ``diagnosis`` or ``procedure``.
    """
    kind = str(parameters["kind"])
    other = _clinical(pages, kind)
    wrong = _differing(pages, kind, lambda code, name: _homonym(other, code, name))
    return _entries(wrong, _GROUPS[kind][1])


def repeated_codes(pages: Pages, parameters: Parameters) -> pl.DataFrame:
    """Find codes that are filed twice on one page, at the second place and after (F09).

    A procedure may be done again on another day, and on the other side on the same day: one is
    repeated where code, day and name are the same, and the name tells no side.

    Parameters
    ----------
    pages
        Codes, and dates and names of procedures.
    parameters
        ``kind``: ``diagnosis`` or ``procedure``.
    """
    kind = str(parameters["kind"])
    group, code, name = _GROUPS[kind]
    entries = pages.entries(group).drop_nulls(code)
    same = ["page", code]
    if kind == "procedure":
        entries = entries.with_columns(day=pl.col("C37").str.slice(0, 10))
        entries = entries.filter(~pl.col(name).fill_null("").str.contains("左|右|双"))
        same += ["day", name]
    repeated = entries.sort("page", "place").filter(pl.int_range(pl.len()).over(same) > 0)
    return _entries(repeated, code)


def _set_of(pages: Pages, kind: str) -> CodeSet:
    return pages.resources.procedures if kind == "procedure" else pages.resources.diagnoses


def _clinical(pages: Pages, kind: str) -> Crosswalk:
    filed = pages.resources.clinical
    return filed.diagnoses if kind == "diagnosis" else filed.procedures


def _homonym(other: Crosswalk, code: str, name: str) -> bool:
    both = other.homonyms.get(normal_spelling(code))
    return (
        both is not None
        and same_name(name, both.clinical_name)
        and not same_name(name, both.nhsa_name)
    )


def _holds(name: str, published: str) -> bool:
    return same_name(name, published) or _bare(published) in _bare(name)


def _bare(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _differing(pages: Pages, kind: str, differs: Callable[[str, str], bool]) -> pl.DataFrame:
    """Return entries whose pair of code and name is wrong; every distinct pair is asked once."""
    group, code, name = _GROUPS[kind]
    entries = pages.entries(group).drop_nulls([code, name])
    pairs = entries.select(code, name).unique()
    wrong = pairs.filter(pl.Series([differs(*pair) for pair in pairs.rows()], dtype=pl.Boolean))
    return entries.join(wrong, on=[code, name], how="semi", maintain_order="left")


def _flags(codes: pl.Series, wrong: Callable[[str], bool]) -> pl.Series:
    """Return where a code is wrong; every distinct code is asked once, a blank one is not."""
    answers = {code: wrong(code) for code in codes.drop_nulls().unique()}
    return codes.replace_strict(answers, default=False, return_dtype=pl.Boolean)


def _entries(wrong: pl.DataFrame, field: str) -> pl.DataFrame:
    """Return entries as violations: the principal one at its own field, without a place."""
    leading = pl.col("place") == 0
    own = pl.when(leading).then(pl.lit(_PRINCIPAL[field])).otherwise(pl.lit(field))
    place = pl.when(~leading).then("place")
    return violations(wrong.select("page", own.alias("field"), place.alias("place")))


_KIND = frozenset({"kind"})
COMPUTATIONS = (
    Computation("unknown_codes", Kind.FINDINGS, unknown_codes, (), _KIND),
    Computation("names_of_other_codes", Kind.FINDINGS, names_of_other_codes, (), _KIND),
    Computation("names_of_other_edition", Kind.FINDINGS, names_of_other_edition, (), _KIND),
    Computation("repeated_codes", Kind.FINDINGS, repeated_codes, (), _KIND),
)
