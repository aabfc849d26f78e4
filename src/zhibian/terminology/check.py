"""Checking one filed code against a code set (填报编码的检查).

Pure functions, used by every reader of a front page. A code of the clinical
edition, a misspelling or a code without its extension is told apart from an
unknown one, so that the remedy names what to write.
"""

from __future__ import annotations

from zhibian.problems import Problem
from zhibian.terminology.code_set import CodeEntry, CodeSet
from zhibian.terminology.crosswalk import Crosswalk
from zhibian.terminology.names import normal_spelling, same_name, shown_code

_SUGGESTIONS = 3
_CATEGORY_LENGTH = 3


def check_code(
    code: str,
    code_set: CodeSet,
    crosswalk: Crosswalk,
    field: str,
    *,
    name: str | None = None,
    principal: bool = False,
) -> tuple[Problem, ...]:
    """Return what is wrong with one filed code.

    Parameters
    ----------
    code
        The code as filed.
    code_set
        NHSA code set that it should belong to.
    crosswalk
        Map of the clinical edition to that set.
    field
        Path of the field for the problems.
    name
        Name filed with the code; tells a code that means different things in
        the two editions. It is never shown.
    principal
        Whether the code is the principal diagnosis or principal procedure.

    Returns
    -------
    tuple of Problem
        Empty for a good code. Warnings: ``code_homonym``, ``code_grey_principal``,
        ``code_clinical_edition``. Errors: ``code_spelling``, ``code_not_finest``,
        ``code_unknown``.
    """
    if code in code_set:
        return (
            *_check_edition(code, crosswalk, field, name),
            *_check_grey(code, code_set, field, principal),
        )
    spelled = normal_spelling(code)
    if spelled in code_set:
        return (
            Problem(
                field,
                "code_spelling",
                "编码写法不规范（大小写、全角、空格或符号）",
                f"改为 {_told(code_set.entries[spelled])}",
                shown_code(code),
            ),
        )
    conversion = crosswalk.convert(spelled, name)
    if conversion.target is not None:
        return (
            Problem(
                field,
                "code_clinical_edition",
                f"不是医保版编码；{conversion.note}",
                f"核对后改为 {_told(code_set.entries[conversion.target])}",
                shown_code(code),
                "warning",
            ),
            *_check_grey(conversion.target, code_set, field, principal),
        )
    finer = code_set.finer(spelled, _SUGGESTIONS) if len(spelled) >= _CATEGORY_LENGTH else ()
    if finer:
        return (
            Problem(
                field,
                "code_not_finest",
                "编码不完整，须填到最细一级",
                f"从细目中选择，例如 {'；'.join(map(_told, finer))}",
                shown_code(code),
            ),
        )
    near = near_codes(spelled, code_set)
    hint = f"；相近编码供核对：{'；'.join(map(_told, near))}" if near else ""
    return (
        Problem(
            field,
            "code_unknown",
            f"{code_set.title}中没有此编码",
            f"核对编码与版本{hint}",
            shown_code(code),
        ),
    )


def near_codes(code: str, code_set: CodeSet) -> tuple[CodeEntry, ...]:
    """Return up to three codes that share the longest beginning with an unknown code.

    The beginning is at least the three-character category; a shorter one says nothing.
    """
    for length in range(len(code) - 1, _CATEGORY_LENGTH - 1, -1):
        found = code_set.finer(code[:length], _SUGGESTIONS)
        if found:
            return found
    return ()


def _told(entry: CodeEntry) -> str:
    return f"{entry.code} {entry.name}"


def _check_edition(
    code: str, crosswalk: Crosswalk, field: str, name: str | None
) -> tuple[Problem, ...]:
    both = crosswalk.homonyms.get(code)
    if both is None or name is None or not same_name(name, both.clinical_name):
        return ()
    successor = (
        "公开映射保持原码，含义不符时另选编码"
        if both.nhsa == code
        else f"临床版含义对应医保版 {both.nhsa}"
    )
    return (
        Problem(
            field,
            "code_homonym",
            crosswalk.convert(code, name).note,
            f"确认含义；{successor}",
            code,
            "warning",
        ),
    )


def _check_grey(code: str, code_set: CodeSet, field: str, principal: bool) -> tuple[Problem, ...]:
    if not principal or not code_set.is_grey(code):
        return ()
    finer = [e for e in code_set.finer(code[:5], _SUGGESTIONS + 1) if e.code != code and not e.grey]
    hint = f"，例如 {'；'.join(map(_told, finer[:_SUGGESTIONS]))}" if finer else ""
    return (
        Problem(
            field,
            "code_grey_principal",
            "灰码不宜作主要诊断或主要手术",
            f"改用更具体的编码{hint}",
            code,
            "warning",
        ),
    )
