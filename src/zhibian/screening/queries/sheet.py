"""The sheet of questions of one case (临床询问单), and the page that is printed.

A sheet bears the identifiers of the record and never the patient's name. HTML is self-contained: it
loads nothing, so that it opens and prints within a hospital's own network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from zhibian.records.types import Admission
from zhibian.review.report import VersionsOut
from zhibian.screening.queries.questions import BOX, Question, QuestionRules

_STYLE = """
@page { size: A4; margin: 18mm 16mm; }
body { font-family: "Noto Serif CJK SC", "Source Han Serif SC", SimSun, serif; color: #111;
       max-width: 178mm; margin: 8mm auto; font-size: 11pt; line-height: 1.55; }
section.sheet + section.sheet { break-before: page; }
h1 { font-size: 17pt; text-align: center; margin: 0 0 4mm; letter-spacing: .2em; }
dl.identifiers { display: grid; grid-template-columns: auto 1fr auto 1fr; gap: 1mm 4mm;
                 border-top: 1.5pt solid #111; border-bottom: .5pt solid #111; padding: 2mm 0; }
dt { color: #444; } dd { margin: 0; }
article { break-inside: avoid; border-bottom: .5pt solid #999; padding: 3mm 0; }
h2 { font-size: 12pt; margin: 0 0 1mm; } h3 { font-size: 10pt; margin: 2mm 0 1mm; color: #444; }
ul { margin: 0; padding-left: 5mm; } ul.options { list-style: none; padding-left: 0; }
blockquote { margin: 0 0 1mm; padding-left: 3mm; border-left: 2pt solid #999; font-size: 10pt; }
.fill { border-bottom: .5pt solid #111; display: inline-block; min-width: 38mm; }
.answer { border: .5pt solid #111; min-height: 14mm; padding: 1mm 2mm; }
footer { font-size: 8.5pt; color: #444; margin-top: 3mm; }
"""


@dataclass(frozen=True, slots=True)
class QuerySheet:
    """The questions of one case (一例的询问).

    Attributes
    ----------
    case
        Identifier of the record.
    department, stay
        Department, and days of admission and discharge; empty where not told.
    questions
        At least one.
    versions
        Lines that tell what made the sheet.
    """

    case: str
    department: str
    stay: str
    questions: tuple[Question, ...]
    versions: tuple[str, ...]


def query_sheet(
    case: str,
    admission: Admission | None,
    questions: Sequence[Question],
    versions: VersionsOut,
) -> QuerySheet:
    """Return the sheet of one case.

    Parameters
    ----------
    case
        Identifier of the record.
    admission
        The stay; None leaves department and dates out.
    questions
        From :func:`zhibian.screening.text.evidence.case_questions`.
    versions
        Of the review; the scheme of groups is no business of the clinician and is left out.
    """
    days = (admission.admitted, admission.discharged) if admission else ()
    told = (
        f"zhibian {versions.zhibian}",
        versions.diagnosis_codes,
        versions.procedure_codes,
        *versions.models,
    )
    return QuerySheet(
        case=case,
        department=(admission.department if admission else None) or "",
        stay=" 至 ".join(day.date().isoformat() for day in days if day is not None),
        questions=tuple(questions),
        versions=told,
    )


def to_html(sheets: Sequence[QuerySheet], rules: QuestionRules) -> str:
    """Return sheets as one page to be printed, each beginning on a new sheet of paper.

    Parameters
    ----------
    sheets
        In the order of printing.
    rules
        Words of the sheet.
    """
    body = "\n".join(_sheet(sheet, rules) for sheet in sheets)
    title = escape(rules.labels["title"])
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _sheet(sheet: QuerySheet, rules: QuestionRules) -> str:
    label = {name: escape(word) for name, word in rules.labels.items()}
    identifiers = "".join(
        f"<dt>{label[name]}</dt><dd>{escape(value)}</dd>"
        for name, value in (
            ("case", sheet.case),
            ("department", sheet.department),
            ("stay", sheet.stay),
        )
    )
    questions = "\n".join(
        _question(number, question, label) for number, question in enumerate(sheet.questions, 1)
    )
    return (
        f'<section class="sheet">\n<h1>{label["title"]}</h1>\n'
        f'<dl class="identifiers">{identifiers}'
        f'<dt>{label["coder"]}</dt><dd><span class="fill">&nbsp;</span></dd></dl>\n'
        f"{questions}\n<footer>{label['statement']}<br>"
        f"{label['versions']}：{escape('；'.join(sheet.versions))}</footer>\n</section>"
    )


def _question(number: int, question: Question, label: dict[str, str]) -> str:
    quotes = "".join(f"<blockquote>{escape(quote)}</blockquote>" for quote in question.quotes)
    heard = f"<h3>{label['quotes']}</h3>{quotes}" if quotes else ""
    options = "".join(f"<li>{BOX} {escape(option)}</li>" for option in question.options)
    fill = '<span class="fill">&nbsp;</span>'
    return (
        f'<article id="{escape(question.id)}"><h2>{label["question"]} {number}</h2>'
        f"<p>{escape(question.brief)}</p>{heard}"
        f'<h3>{label["options"]}</h3><ul class="options">{options}</ul>'
        f'<h3>{label["answer"]}</h3><div class="answer">&nbsp;</div>'
        f"<p>{label['signature']}：{fill}　{label['date']}：{fill}</p></article>"
    )
