"""Rows that sheets of a check have in common (工作簿各表公用): cases, departments, shares."""

from __future__ import annotations

from collections.abc import Iterator

from zhibian.quality.front_page.check_run import CheckRun
from zhibian.sheets import Cell, Column

#: Rows of a list of cases in the workbook; all findings can go to a file of their own.
MOST_LISTED = 100_000
CASE_COLUMNS = (Column("行号", "whole", 8), Column("病例", "text", 14), Column("科室", "text", 14))
_DEPARTMENTS = "department"
_BLANK = "未填"


class SheetRows:
    """Lists of a check and names of what they hold.

    Parameters
    ----------
    run
        The check, all pages added.
    """

    def __init__(self, run: CheckRun) -> None:
        self._run = run
        self._catalogue = run.setup.catalogue
        self._departments = self._catalogue.dictionaries.get(_DEPARTMENTS)

    def listed(self, name: str) -> Iterator[tuple[Cell, ...]]:
        """Yield rows of a list of cases, the department by its name."""
        for row, case, department, *rest in self._run.spool.read(name, MOST_LISTED):
            yield (row, case, self.department(department), *rest)

    def told(self, name: str) -> str:
        """Return how long a list is, and how much of it a sheet holds."""
        rows = self._run.spool.rows.get(name, 0)
        if rows <= MOST_LISTED:
            return f"共 {rows:,} 条"
        return f"共 {rows:,} 条，此表列出前 {MOST_LISTED:,} 条"

    def department(self, filed: object) -> str:
        """Return the name of a department; as filed where it is no code of the dictionary."""
        code = str(filed or "")
        found = self._departments
        if not code or found is None:
            return code or _BLANK
        return found.names.get(found.aliases.get(code, code), code)

    def field(self, id: object) -> str:
        """Return the Chinese name of a field."""
        field = self._catalogue.by_id.get(str(id))
        return field.name if field else str(id or "")


def share(part: int | None, whole: int | None) -> float | None:
    """Return a part of a whole; None where there is none."""
    return part / whole if part is not None and whole else None
