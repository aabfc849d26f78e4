"""What is wrong with an input, told so that the person can mend it (输入问题).

Every reader collects all problems of an input before it gives up, so that a
coder mends a file once. A problem never carries patient text: only values of
coded fields (codes, numbers, dates) may be shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in one field.

    Attributes
    ----------
    field
        Path of the field, such as ``admission.sex`` or ``row 12, zdList``.
    code
        Stable machine-readable name, such as ``sex_missing``.
    message
        What is wrong, in Chinese.
    remedy
        What the person can do about it, in Chinese.
    value
        The offending value; only where it is no patient text.
    severity
        ``error`` stops the case, ``warning`` does not.
    """

    field: str
    code: str
    message: str
    remedy: str
    value: str | None = None
    severity: Severity = "error"

    def render(self) -> str:
        """Return one line for a screen or a log."""
        shown = f"（值：{self.value}）" if self.value is not None else ""
        return f"{self.field}：{self.message}{shown}。处理：{self.remedy}"


class InputError(Exception):
    """An input that can't be used, with every problem found in it.

    Parameters
    ----------
    source
        Name of the file or stream; never its content.
    problems
        All problems found, errors and warnings.
    """

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__(f"{source}: {len(self.problems)} 个问题")


def errors(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return the problems that stop a case."""
    return tuple(p for p in problems if p.severity == "error")
