"""Figures for notebooks: what is drawn is what the results say, with a Chinese font."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("matplotlib", reason="the extra plots is not installed")

from matplotlib import font_manager, rc_context, rcParams
from matplotlib.text import Text
from tests.invented_results import invented_results

from zhibian.evaluation.report import fonts, plots
from zhibian.evaluation.report.phrases import Phrase
from zhibian.evaluation.results import FigureOut

RESULTS = invented_results()
SYSTEM = RESULTS.systems[-1]
CURVE = {
    name: [
        plots.CurvePoint(x, FigureOut(value=y, low=y - 0.05, high=y + 0.05))
        for x, y in ((100.0, 0.4), (1000.0, 0.6))
    ]
    for name in ("tfidf-lr", "标签注意力")
}
METRIC = Phrase("主要诊断一致率", "Principal diagnosis")
DRAWN: dict[str, Callable[[plots.Shown], Any]] = {
    "forest": lambda shown: plots.forest(RESULTS, "principal.exact", shown),
    "reliability": lambda shown: plots.reliability(SYSTEM.reliability, shown),
    "confusion": lambda shown: plots.confusion(SYSTEM.confusion, shown),
    "deviation": lambda shown: plots.deviation(SYSTEM.deviation, shown),
    "waterfall": lambda shown: plots.waterfall(SYSTEM.waterfalls[0], shown),
    "learning": lambda shown: plots.learning_curve(CURVE, METRIC, "share", shown),
    "error_rate": lambda shown: plots.error_rate_curve(CURVE, METRIC, "share", shown),
}
WORDS = {
    "forest": "主要诊断一致率",
    "reliability": "平均置信度",
    "confusion": "MDCF 循环系统",
    "deviation": "给出首页与金标准首页的支付之差（元）",
    "waterfall": "更换主要诊断",
    "learning": "学习所用病历数",
    "error_rate": "差错率（尝试注入的首页占比）",
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_figure_is_drawn_with_its_font_and_its_words_stay_text(name: str) -> None:
    before = dict(rcParams)
    figure = DRAWN[name]("zh")
    assert dict(rcParams) == before
    file = io.StringIO()
    with warnings.catch_warnings():
        # A missing glyph is a warning.
        warnings.simplefilter("error")
        figure.savefig(io.BytesIO(), format="png", dpi=40)
        with rc_context({"svg.fonttype": "none"}):
            figure.savefig(file, format="svg")
    assert f">{WORDS[name]}" in file.getvalue()


@pytest.mark.parametrize("name", DRAWN)
def test_english_figures_have_no_chinese_but_names_of_series(name: str) -> None:
    figure = DRAWN[name]("en")
    told = {text.get_text() for text in figure.findobj(match=Text)}
    told -= set(CURVE)
    assert not {t for t in told if any("\u4e00" <= c <= "\u9fff" for c in t)}


def _axes(figure: Any) -> Any:
    return figure.axes


def test_bars_are_the_counts() -> None:
    (axes,) = _axes(plots.deviation(SYSTEM.deviation))
    assert [patch.get_height() for patch in axes.patches] == [b.n for b in SYSTEM.deviation]
    (axes,) = _axes(plots.waterfall(SYSTEM.waterfalls[0]))
    widths = [abs(patch.get_width()) for patch in axes.patches]
    assert widths == pytest.approx([abs(step.amount) for step in SYSTEM.waterfalls[0].steps])


def test_curve_holds_values_and_intervals() -> None:
    (axes,) = _axes(plots.learning_curve(CURVE, METRIC, "share"))
    assert [list(line.get_ydata()) for line in axes.lines] == [[0.4, 0.6]] * 2
    assert [text.get_text() for text in axes.get_legend().get_texts()] == list(CURVE)
    low, high = axes.collections[0].get_datalim(axes.transData).intervaly
    assert (low, high) == pytest.approx((0.35, 0.65))


def test_without_a_chinese_font_there_is_a_warning_with_a_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    monkeypatch.setattr(fonts, "find_spec", lambda name: None)
    with pytest.warns(UserWarning, match=r"zhibian\[plots\]"):
        assert fonts.chinese_family() is None


def test_packaged_font_is_found_where_none_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pylopdf_fonts_zh_cn", reason="the extra plots is not installed")
    monkeypatch.setattr(font_manager.fontManager, "ttflist", [])
    assert fonts.chinese_family() == "Noto Sans SC"
    assert [entry.name for entry in font_manager.fontManager.ttflist] == ["Noto Sans SC"]
