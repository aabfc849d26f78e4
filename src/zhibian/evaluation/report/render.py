"""The report as one HTML file (评测报告): nothing is loaded from outside, text is escaped.

It opens and prints within a hospital's own network; the only script, of a few lines, switches the
language and opens what is folded before printing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from zhibian.evaluation.report import numerals
from zhibian.evaluation.report.gallery import refused_galleries
from zhibian.evaluation.report.phrases import (
    Language,
    Phrase,
    label,
    markup,
    plain,
    same,
    svg_text,
)
from zhibian.evaluation.report.tables import FEW
from zhibian.evaluation.report.view import view
from zhibian.evaluation.results import Results
from zhibian.problems import InputError


def render(runs: Sequence[Results], language: Language = "both") -> str:
    """Return the report of one or several runs.

    Parameters
    ----------
    runs
        Results, each a chapter in the order given; at least one.
    language
        ``zh``, ``en``, or ``both`` with a switch on the page, Chinese first.

    Raises
    ------
    InputError
        A gallery of errors comes from records that are not marked as invented.
    """
    problems = [problem for results in runs for problem in refused_galleries(results)]
    if problems:
        raise InputError("results", problems)
    page = _environment(language).get_template("page.html.j2")
    return page.render(
        runs=[view(results, number) for number, results in enumerate(runs, start=1)],
        language=language,
        style=_own("style.css"),
        script=_own("switch.js"),
    )


def _own(name: str) -> Markup:
    """Return a file of the package as it stands: ours, nothing of it comes from results."""
    text = files(__package__).joinpath("templates", name).read_text(encoding="utf-8")
    return Markup(text)


@cache
def _environment(language: Language) -> Environment:
    made = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def say(phrase: Phrase | str) -> Markup:
        return markup(same(phrase) if isinstance(phrase, str) else phrase, language)

    def written(path: str, **values: object) -> Markup:
        return say(label(path, **values))

    def drawn(phrase: Phrase | str, **attributes: object) -> Markup:
        told = same(phrase) if isinstance(phrase, str) else phrase
        return svg_text(told, language, **attributes)

    def quiet(phrase: Phrase | str) -> str:
        return phrase if isinstance(phrase, str) else plain(phrase, language)

    made.filters |= {"say": say, "plain": quiet, "count": numerals.count}
    made.globals |= {
        "t": written,
        "label": label,
        "text": drawn,
        "shown": numerals.shown,
        "change": numerals.change,
        "bound": numerals.bound,
        "few": FEW,
    }
    return made
