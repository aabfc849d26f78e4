"""Tables as notebooks show them (笔记本中的表格): words to the left, numbers to the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

Cell = str | int | float | None

_NOTHING = "—"
# Words of up to so many signs stay on one line: narrow columns would break them sign by sign.
_WORD = 12
# Styles stand in the cells: what shows a notebook often drops style sheets and aligns all to the
# right, long words included.
_CELL = Markup(
    '<{tag} align="{side}" style="text-align:{side};vertical-align:top;white-space:{wrap}">'
    "{text}</{tag}>"
)
_CAPTION = Markup('<caption style="caption-side:top;text-align:left;font-weight:bold">{}</caption>')


@dataclass(frozen=True, slots=True, repr=False)
class NotebookTable:
    """A table with its caption (表格).

    Attributes
    ----------
    caption
        Title above the table.
    header
        Names of the columns.
    rows
        Cells; texts as written, numbers with separators, None as a dash. Line breaks within a text
        are kept.
    """

    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]

    def _repr_html_(self) -> str:
        """Return the table as a notebook asks for it."""
        numeric = [self._is_numeric(place) for place in range(len(self.header))]
        lines = [("th", self.header), *(("td", [told(cell) for cell in row]) for row in self.rows)]
        head, *body = [
            Markup("<tr>{}</tr>").format(
                Markup("").join(
                    _cell(tag, text, right=right)
                    for text, right in zip(texts, numeric, strict=True)
                )
            )
            for tag, texts in lines
        ]
        return str(
            Markup("<table>{}<thead>{}</thead><tbody>{}</tbody></table>").format(
                _CAPTION.format(self.caption), head, Markup("").join(body)
            )
        )

    def __repr__(self) -> str:
        """Return the table as plain text, cells apart by bars."""
        lines = [self.header, *([told(cell) for cell in row] for row in self.rows)]
        return "\n".join([self.caption, *(" | ".join(line) for line in lines)])

    def _is_numeric(self, place: int) -> bool:
        """Tell whether a column holds nothing but numbers."""
        known = [row[place] for row in self.rows if row[place] is not None]
        return bool(known) and all(isinstance(cell, int | float) for cell in known)


def told(cell: Cell) -> str:
    """Return a cell as written."""
    if cell is None:
        return _NOTHING
    if isinstance(cell, str):
        return cell
    text = f"{cell:,}" if isinstance(cell, int) else f"{cell:,.2f}"
    return text.replace("-", "−")


def _cell(tag: str, text: str, *, right: bool) -> Markup:
    lines = text.split("\n")
    return _CELL.format(
        tag=tag,
        side="right" if right else "left",
        wrap="nowrap" if max(map(len, lines)) <= _WORD else "normal",
        text=Markup("<br>").join(lines),
    )
