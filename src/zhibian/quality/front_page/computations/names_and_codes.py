"""Codes against names and against each other on one page (编码与名称、编码之间)."""

from __future__ import annotations

import polars as pl

from zhibian.quality.front_page.computations.by_page import by_page
from zhibian.quality.front_page.computations.protocol import Computation, Kind, Pages, Parameters
from zhibian.quality.front_page.finer import finer_codes
from zhibian.terminology.code_set import CodeEntry, CodeSet

# The heading of a subcategory without further detail (.900), in chapters where two codes of one
# category are about one disease: not tumours, symptoms, malformations, injuries and factors.
_UNSPECIFIED = r"^([ABE-N]\d\d|D[5-8]\d)\.900$"
_SPECIFIC = r"^[A-Z]\d\d\.[0-7]"
_CATEGORY = 3
# Operations of one kind differ by approach in the digit after this.
_OPERATION_FAMILY = 4
_SCOPE = "镜"


def unspecified_beside_specific(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether no unspecified code stands beside a specific code of its category (K08).

    An unspecified code is the heading ``.900`` of a category, such as J18.900 beside J18.100; a
    specific one is of the subcategories .0 to .7. Finer codes under .9 of the NHSA edition are
    diseases of their own and are not asked.
    """
    entries = pages.entries("diagnoses").select(
        "page", code="C06C", category=pl.col("C06C").str.slice(0, _CATEGORY)
    )
    specific = entries.filter(pl.col("code").str.contains(_SPECIFIC))
    unspecified = entries.filter(pl.col("code").str.contains(_UNSPECIFIED))
    both = unspecified.join(specific, on=["page", "category"], how="semi")
    told = entries.select("page").unique()
    return by_page(
        told.with_columns(right=~pl.col("page").is_in(both["page"].implode())), pages.height
    )


def same_side(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the principal diagnosis and the principal procedure are of one side (左右侧).

    Unknown where one of the two names tells no side or both sides.

    Parameters
    ----------
    pages
        Names C04N and C15N as filed.
    parameters
        ``not_a_side``: words in which left and right are anatomy; ``approach``: pattern of words
        on the vessel that a catheter goes through.
    """
    words = [str(word) for word in _listed(parameters["not_a_side"])]
    approach = str(parameters["approach"])
    frame = pl.DataFrame({"disease": pages.text("C04N"), "operation": pages.text("C15N")})
    disease, operation = _side("disease", words, approach), _side("operation", words, approach)
    return frame.select(same=disease == operation)["same"]


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _side(name: str, words: list[str], approach: str) -> pl.Expr:
    text = pl.col(name).str.replace_all(approach, "").str.replace_many(words, [""] * len(words))
    left, right = text.str.contains("左", literal=True), text.str.contains("右", literal=True)
    both = text.str.contains("双", literal=True) | (left & right)
    return pl.when(~both & left).then(pl.lit("左")).when(~both & right).then(pl.lit("右"))


def scope_coded(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether procedures that are filed as done by a scope have a code that says so (K25).

    A procedure is wrong where its filed name has one of the words, its code's name has no scope, a
    code of the same kind of operation has the word, and the page has no code of an inspection by
    this scope. A conversion to open operation (中转) is right without.

    Parameters
    ----------
    pages
        Codes and names of procedures as filed.
    parameters
        ``words``: kinds of scope, separated by blanks, such as ``腹腔镜``.
    """
    words = str(parameters["words"]).split()
    codes = pages.resources.procedures
    entries = pages.entries("procedures").select("page", code="C35C", name="C36N")
    pairs = entries.select("code", "name").unique().drop_nulls()
    judged = pairs.with_columns(
        lacks=pl.Series(
            [_lacks_scope(codes, code, name, words) for code, name in pairs.iter_rows()],
            dtype=pl.String,
        ),
        inspects=pl.Series(
            [_inspection(codes.get(code), words) for code in pairs["code"]], dtype=pl.String
        ),
    )
    known = entries.join(judged, on=["code", "name"], how="left")
    covered = known.drop_nulls("inspects").select("page", lacks="inspects")
    wrong = known.drop_nulls("lacks").join(covered, on=["page", "lacks"], how="anti")
    told = entries.select("page").unique()
    return by_page(
        told.with_columns(right=~pl.col("page").is_in(wrong["page"].implode())), pages.height
    )


def _lacks_scope(codes: CodeSet, code: str, name: str, words: list[str]) -> str | None:
    """Return the scope that a filed name has and its code lacks though a better code exists."""
    entry = codes.get(code)
    if entry is None or _SCOPE in entry.name or "中转" in name:
        return None
    for word in words:
        if word in name:
            family = codes.finer(code[:_OPERATION_FAMILY], len(codes))
            return word if any(word in other.name for other in family) else None
    return None


def _inspection(entry: CodeEntry | None, words: list[str]) -> str | None:
    """Return the scope of a code that is an inspection by scope."""
    if entry is None or "检查" not in entry.name:
        return None
    return next((word for word in words if word in entry.name), None)


def finer_principal(pages: Pages, parameters: Parameters) -> pl.Series:
    """Tell whether the principal diagnosis is no grey code that has finer ones (灰码, K40).

    Unknown where the code is in no code set.
    """
    codes = pages.resources.diagnoses
    principal = pages.text("C03C")
    distinct = principal.drop_nulls().unique().to_list()
    answers = {code: not finer_codes(codes, code, 1) for code in distinct if code in codes}
    return principal.replace_strict(answers, default=None, return_dtype=pl.Boolean)


COMPUTATIONS = (
    Computation(
        "unspecified_beside_specific", Kind.CONDITION, unspecified_beside_specific, ("C06C",)
    ),
    Computation(
        "same_side",
        Kind.CONDITION,
        same_side,
        ("C04N", "C15N"),
        frozenset({"not_a_side", "approach"}),
    ),
    Computation("scope_coded", Kind.CONDITION, scope_coded, ("C35C", "C36N"), frozenset({"words"})),
    Computation("finer_principal", Kind.CONDITION, finer_principal, ("C03C",)),
)
