"""Front pages in another code set (编码转换后分组): converted by the stated map, never by guess.

The grouper itself knows NHSA codes only. A code whose map leads nowhere, or to several codes,
makes the input invalid and names the candidates; one that means different things in the two
editions is converted as the stated edition means it, and flagged with both names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from zhibian.grouping.codebook import CodeBook
from zhibian.grouping.engine import group, refused
from zhibian.grouping.pack import RulePack
from zhibian.grouping.reasons import Reason
from zhibian.grouping.types import CodeConversion, Grouping, GroupingInput
from zhibian.grouping.validate import Finding, validate
from zhibian.problems import Problem
from zhibian.terminology.crosswalk import Conversion, Crosswalk, FiledSet
from zhibian.terminology.names import shown_code


@dataclass(frozen=True, slots=True)
class ConvertedCase:
    """A case after conversion.

    Attributes
    ----------
    case
        The case in NHSA codes; a code without certain NHSA code stands as it was filed.
    conversions
        Every code of the page, in its order.
    findings
        Codes that can't be converted.
    """

    case: GroupingInput
    conversions: tuple[CodeConversion, ...]
    findings: tuple[Finding, ...]


def convert_case(
    case: GroupingInput, filed: FiledSet, codebook: CodeBook | None = None
) -> ConvertedCase:
    """Convert the codes of a case to the NHSA edition.

    Parameters
    ----------
    case
        A case in the codes of another edition.
    filed
        The edition, with its maps.
    codebook
        NHSA code sets; with them a code that already is one of theirs is told so.
    """
    diagnoses = [("principal", case.principal)] if case.principal else []
    diagnoses += [(f"others.{i}", code) for i, code in enumerate(case.others)]
    known = codebook or CodeBook(frozenset(), frozenset())
    told = [_convert(field, code, filed.diagnoses) for field, code in diagnoses]
    findings = [_finding(c, Reason.DX_NOT_MAPPABLE, known.diagnoses) for c in told]
    operated = [
        _convert(f"procedures.{i}", code, filed.procedures)
        for i, code in enumerate(case.procedures)
    ]
    findings += [_finding(c, Reason.PROC_NOT_MAPPABLE, known.procedures) for c in operated]
    codes = tuple(_target(c.conversion) for c in told)
    principal, others = (codes[0], codes[1:]) if case.principal else (case.principal, codes)
    return ConvertedCase(
        replace(
            case,
            principal=principal,
            others=others,
            procedures=tuple(_target(c.conversion) for c in operated),
        ),
        (*told, *operated),
        tuple(f for f in findings if f is not None),
    )


def group_converted(
    case: GroupingInput,
    filed: FiledSet,
    pack: RulePack,
    codebook: CodeBook | None = None,
    *,
    trace: bool = True,
) -> Grouping:
    """Convert a case and group it; the conversions are part of the result.

    Parameters
    ----------
    case
        A case in the codes of another edition.
    filed
        The edition, with its maps.
    pack
        The scheme.
    codebook, trace
        As for :func:`zhibian.grouping.group`.

    Returns
    -------
    Grouping
        Invalid, with candidates in the remedies, where a code can't be converted.
    """
    converted = convert_case(case, filed, codebook)
    if converted.findings:
        result = refused((*validate(case), *converted.findings), pack)
    else:
        result = group(converted.case, pack, codebook, trace=trace)
    return replace(result, conversions=converted.conversions)


def conversions_text(conversions: tuple[CodeConversion, ...]) -> str:
    """Return the codes that conversion changed, flagged or failed on, as one cell of a table."""
    return "；".join(_cell(c) for c in conversions if c.conversion.kind != "identical")


def _cell(told: CodeConversion) -> str:
    conversion = told.conversion
    source = shown_code(conversion.source) or "（非编码）"
    match conversion.kind:
        case "unmapped":
            return f"{told.field} {source} 无映射"
        case "several":
            return f"{told.field} {source} 一对多：{'、'.join(conversion.candidates)}"
        case "homonym":
            return f"{told.field} {source}→{conversion.target}（同码不同义）"
        case _:
            return f"{told.field} {source}→{conversion.target}"


def _convert(field: str, code: str, crosswalk: Crosswalk) -> CodeConversion:
    return CodeConversion(field, crosswalk.convert(code))


def _target(conversion: Conversion) -> str:
    return conversion.source if conversion.target is None else conversion.target


def _finding(told: CodeConversion, reason: Reason, known: frozenset[str]) -> Finding | None:
    conversion = told.conversion
    if conversion.target is not None:
        return None
    name = "dx_not_mappable" if reason is Reason.DX_NOT_MAPPABLE else "procedure_not_mappable"
    remedy = reason.remedy
    if conversion.candidates:
        remedy = f"从 {'、'.join(conversion.candidates)} 中按病历选定一个"
    elif conversion.source in known:
        remedy = f"它是医保版编码：核对首页采用的编码版本；{remedy}"
    message = conversion.note if conversion.candidates else reason.chinese
    return Finding(
        reason, Problem(told.field, name, message, remedy, shown_code(conversion.source))
    )
