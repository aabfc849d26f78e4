"""Sheets of questions as a Word document (临床询问单 docx); needs the extra ``office``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zhibian.screening.queries.questions import BOX, Question, QuestionRules
from zhibian.screening.queries.sheet import QuerySheet

_BLANK = "＿" * 12
_FONT = "SimSun"


def write_docx(path: Path, sheets: Sequence[QuerySheet], rules: QuestionRules) -> None:
    """Write sheets to one document, each on a page of its own.

    Parameters
    ----------
    path
        File to be written.
    sheets
        In the order of printing.
    rules
        Words of the sheet.

    Raises
    ------
    ImportError
        The extra ``office`` (python-docx) is not installed.
    """
    from docx import Document  # noqa: PLC0415  (an extra)

    document = Document()
    _set_font(document)
    for place, sheet in enumerate(sheets):
        if place:
            document.add_page_break()
        _add_sheet(document, sheet, rules.labels)
    document.core_properties.author = ""
    document.core_properties.title = rules.labels["title"]
    document.save(str(path))


def _set_font(document: Any) -> None:
    """Set a Chinese font: Word keeps it apart from the Latin one."""
    from docx.oxml.ns import qn  # noqa: PLC0415  (an extra)

    style = document.styles["Normal"]
    style.font.name = _FONT
    style.element.rPr.rFonts.set(qn("w:eastAsia"), _FONT)


def _add_sheet(document: Any, sheet: QuerySheet, label: Mapping[str, str]) -> None:
    document.add_heading(label["title"], level=1)
    identifiers = (
        ("case", sheet.case),
        ("department", sheet.department),
        ("stay", sheet.stay),
        ("coder", _BLANK),
    )
    document.add_paragraph("　".join(f"{label[name]}：{value}" for name, value in identifiers))
    for number, question in enumerate(sheet.questions, 1):
        _add_question(document, number, question, label)
    document.add_paragraph(label["statement"])
    document.add_paragraph(f"{label['versions']}：{'；'.join(sheet.versions)}")


def _add_question(document: Any, number: int, question: Question, label: Mapping[str, str]) -> None:
    document.add_heading(f"{label['question']} {number}", level=2)
    document.add_paragraph(question.brief)
    if question.quotes:
        document.add_paragraph(f"{label['quotes']}：")
        for quote in question.quotes:
            document.add_paragraph(quote, style="List Bullet")
    document.add_paragraph(f"{label['options']}：")
    for option in question.options:
        document.add_paragraph(f"{BOX} {option}")
    document.add_paragraph(f"{label['answer']}：")
    box = document.add_table(rows=1, cols=1)
    box.style = "Table Grid"
    box.cell(0, 0).text = "\n"
    document.add_paragraph(f"{label['signature']}：{_BLANK}　{label['date']}：{_BLANK}")
