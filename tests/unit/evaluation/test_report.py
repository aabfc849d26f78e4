"""The report of a run: every section, both languages, nothing from outside, nothing leaked."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from tests.invented_results import SYSTEMS, invented_results

from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.metrics.registry import METRICS
from zhibian.evaluation.report.gallery import selected
from zhibian.evaluation.report.phrases import LANGUAGES, Language, english, labels
from zhibian.evaluation.report.render import render
from zhibian.evaluation.report.tables import mdc_title, metric_title
from zhibian.evaluation.results import FigureOut, MetricOut, Results
from zhibian.problems import InputError

SECTIONS = (
    *("overview", "data", "systems", "figures", "comparisons", "strata", "reliability"),
    *("confusion", "deviation", "waterfall", "gallery", "time", "run", "limits"),
)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def results() -> Results:
    return invented_results()


@pytest.fixture(scope="module")
def pages(results: Results) -> dict[Language, str]:
    return {language: render([results], language) for language in LANGUAGES}


class _Page(HTMLParser):
    """Collects ids, links, what is loaded, and text by the language it is marked with."""

    VOID = "meta"

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.open: list[tuple[str, str | None]] = []
        self.unmarked: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        self.ids += [told["id"] or ""] if "id" in told else []
        self.links += [told["href"] or ""] if "href" in told else []
        self.loaded += [told[name] or "" for name in ("src", "data", "srcset") if name in told]
        if tag != self.VOID:
            self.open.append((tag, told.get("lang")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag != self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        if not any(lang for tag, lang in self.open if tag != "html"):
            self.unmarked.append(data)


def test_every_section_is_there_and_links_lead_within_the_page(pages: dict[Language, str]) -> None:
    for page in pages.values():
        read = _Page(page)
        assert not read.open
        assert [f"r1-{name}" for name in SECTIONS] == [i for i in read.ids if i.startswith("r1-")]
        assert len(read.ids) == len(set(read.ids))
        assert {link.removeprefix("#") for link in read.links} <= set(read.ids)


def test_nothing_is_loaded_from_outside(pages: dict[Language, str]) -> None:
    for page in pages.values():
        assert _Page(page).loaded == []
        assert not re.search(r"https?:|//\w|url\(|@import|<link|<iframe|<img", page)
        assert page.count("<script>") == page.count("<script") == 1
        assert "default-src 'none'" in page


def test_every_figure_of_the_results_is_shown(pages: dict[Language, str]) -> None:
    page = pages["zh"]
    results = invented_results()
    assert set(SYSTEMS) == {system.name for system in results.systems}
    for system in results.systems:
        value = system.figures["principal.exact"].value
        assert value is not None
        assert f">{100 * value:.1f}%<small>" in page
    for told in (
        results.task.test.checksum,
        results.run.command,
        "n = 240",
        "2,000",
        "llm-endpoint",
    ):
        assert told in page
    for told in ("评测部分的既往接触：从未读过", "随代码发布", "unread = 2", "MDCF 循环系统"):
        assert told in page
    assert "Contact with the test split before: never read" in pages["en"]
    assert "48.0% ± 1.2%" in page
    assert "&lt;0.001" in page


def test_english_page_has_no_chinese_but_what_is_told_in_chinese(
    pages: dict[Language, str],
) -> None:
    told = {
        *("没有设置接口地址", "家族史：父亲脑卒中", "慢性心力衰竭", "冠状动脉粥样硬化性心脏病"),
        *("低钾血症", "脑卒中", "心血管内科", "呼吸与危重症医学科", "普外科", "神经内科", "妇产科"),
    }
    shown = {text.strip() for text in _Page(pages["en"]).unmarked if CHINESE.search(text)}
    assert shown == told


def test_page_of_both_marks_each_language_and_begins_in_chinese(
    pages: dict[Language, str],
) -> None:
    page = pages["both"]
    assert 'data-lang="zh"' in page
    assert page.count('lang="zh"') > 100
    assert '<span class="zh" lang="zh">配对比较</span><span class="en" lang="en">Paired' in page
    assert 'data-to="en"' in page
    assert "data-to=" not in pages["zh"].partition("<script>")[0]


def test_every_label_is_there_in_both_languages() -> None:
    same = {"{n}", "Python", "中文", "English"}
    for section, entries in labels().items():
        for key, phrase in entries.items():
            path = f"{section}.{key}"
            assert phrase.zh, path
            assert phrase.en, path
            assert phrase.zh in same or phrase.en != phrase.zh, path
            assert phrase.en in same or not CHINESE.search(phrase.en), path
            fields = re.findall(r"\{\w+\}", phrase.zh)
            assert sorted(fields) == sorted(re.findall(r"\{\w+\}", phrase.en)), path


def test_every_label_of_a_template_exists() -> None:
    folder = Path(__file__).parents[3] / "src/zhibian/evaluation/report/templates"
    known = {f"{section}.{key}" for section, keys in labels().items() for key in keys}
    used = {
        path
        for template in folder.rglob("*.j2")
        for path in re.findall(r"(?:\bt|\blabel)\('([a-z_.]+[a-z_])'", template.read_text("utf-8"))
    }
    assert len(used) > 60
    assert used <= known


def test_text_of_results_is_escaped(results: Results) -> None:
    hostile = "<script>alert(1)</script>"
    task = results.task.model_copy(update={"title": hostile, "title_en": hostile})
    one = results.systems[0].model_copy(update={"title": hostile, "parameters": {hostile: hostile}})
    told = results.model_copy(update={"task": task, "systems": (one, *results.systems[1:])})
    page = render([told])
    assert hostile not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "既往冠心病史 5 年 &lt;未支架&gt;" in page


def test_gallery_of_records_that_are_not_invented_is_refused() -> None:
    plain = invented_results(invented=False)
    assert "r1-gallery" not in render([plain])
    gallery = invented_results().systems[0].gallery
    leaking = plain.systems[2].model_copy(update={"gallery": gallery})
    told = plain.model_copy(update={"systems": (*plain.systems[:2], leaking)})
    with pytest.raises(InputError) as refused:
        render([plain, told])
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("systems.2.gallery", "gallery_not_invented")
    assert not any(quote.quote in problem.render() for e in gallery for quote in e.evidence)


def test_some_of_many_errors_are_shown_of_each_kind_in_turn() -> None:
    first, second = invented_results().systems[0].gallery[:2]
    many = [
        one.model_copy(update={"record": str(place)})
        for place, one in enumerate([first] * 9 + [second] * 2)
    ]
    assert [error.record for error in selected(many, 5)] == ["0", "1", "2", "9", "10"]
    assert selected(many, 20) == tuple(many)


def test_metrics_and_strata_that_tell_nothing_are_left_out(results: Results) -> None:
    metrics = {**results.metrics, "frequency.x": results.metrics["principal.exact"]}
    none = FigureOut(value=None, low=None, high=None)
    told = [
        system.model_copy(update={"figures": {**system.figures, "frequency.x": none}})
        for system in results.systems
    ]
    page = render([results.model_copy(update={"metrics": metrics, "systems": tuple(told)})], "zh")
    assert "<code>frequency.x</code>" not in page
    assert "<code>principal.exact</code>" in page


def test_partial_runs_are_marked() -> None:
    whole = render([invented_results()], "zh")
    assert "部分运行" not in whole
    limited = render([invented_results(limit=20)], "zh")
    shared = render([invented_results(share=0.25)], "zh")
    assert "部分运行，不可比较" in limited
    assert "部分运行：只答了 240／240 例" in limited
    assert "系统只学习了学习材料的 25.0%" in shared


def test_several_runs_are_chapters_with_contents(results: Results) -> None:
    page = render([results, results], "zh")
    ids = _Page(page).ids
    assert {"r1", "r2", "r1-limits", "r2-limits"} <= set(ids)
    assert '<a href="#r2">' in page


def test_sparse_results_have_fewer_sections(results: Results) -> None:
    system = results.systems[0].model_copy(
        update={
            "strata": {}, "reliability": (), "confusion": (), "deviation": (), "waterfalls": (),
            "gallery": (), "seeds": (), "spread": {}, "n": 0, "code_seconds": 0.0,
            "figures": {
                name: figure.model_copy(update={"value": None, "low": None, "high": None})
                for name, figure in results.systems[0].figures.items()
            },
        }
    )  # fmt: skip
    told = results.model_copy(update={"systems": (system,), "comparisons": (), "failures": ()})
    ids = [i for i in _Page(render([told])).ids if i.startswith("r1-")]
    assert ids == [
        f"r1-{name}" for name in ("overview", "data", "systems", "figures", "time", "run", "limits")
    ]


def test_six_systems_are_well_below_two_megabytes(pages: dict[Language, str]) -> None:
    assert len(pages["both"].encode()) < 600_000


def test_metrics_of_all_kinds_read_as_english() -> None:
    for kind in METRICS.values():
        for metric in kind:
            told = MetricOut(title=metric.title, unit=metric.unit, better=metric.better)
            title = metric_title(metric.name, told)
            assert title.zh == metric.title
            assert re.fullmatch(r"[A-Z0-9][\w ,:@+()–%-]+", title.en), metric.name
            assert "_" not in title.en


def test_categories_have_names_in_both_languages(rules: Path) -> None:
    with (rules / "chs-drg/1.1/mdc.csv").open(encoding="utf-8", newline="") as file:
        official = {row["mdc"]: row["name"] for row in csv.DictReader(file)}
    assert len(official) == 26
    for code, name in official.items():
        title = mdc_title(code)
        assert title.zh != title.en
        assert title == mdc_title(code.removeprefix("MDC"))
        # The short name is taken from the official one.
        assert set(title.zh.partition(" ")[2]) <= set(name) | set("、 "), name


def test_systems_of_all_kinds_have_english_names() -> None:
    names = {name for kind in KINDS.values() for name in kind.systems}
    assert not {name for name in names if not english("systems", name).replace(name, "")}


def test_english_words_are_listed_once() -> None:
    path = Path(__file__).parents[3] / "src/zhibian/evaluation/report/english.yaml"
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("  ")]
    words = yaml.safe_load(path.read_text("utf-8"))
    assert sum(map(len, words.values())) == len(lines)
