"""A font with Chinese glyphs for matplotlib (中文字体): installed, else from the extra ``plots``.

The HTML report needs none of this: a browser picks its own font.
"""

from __future__ import annotations

import warnings
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from matplotlib import font_manager

# Simplified Chinese first. Older matplotlib reads the first face of a collection only, hence the
# last name: Debian's collection of Noto Sans CJK is known to it as the Japanese face, which has
# all Chinese glyphs, some in their Japanese form.
_INSTALLED = (
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Noto Sans CJK SC",
    "PingFang SC",
    "Microsoft YaHei",
    "SimHei",
    "WenQuanYi Micro Hei",
)
_LAST = "Noto Sans CJK JP"
# Noto Sans SC, SIL Open Font License 1.1; the package holds nothing but fonts.
_PACKAGE = "pylopdf_fonts_zh_cn"
_ABSENT = (
    "没有找到中文字体，图中的汉字会显示为方框：安装 zhibian[plots]，"
    "或在系统中安装 Noto Sans SC（Debian：fonts-noto-cjk）"
)


def chinese_family() -> str | None:
    """Return the name of a font with Chinese glyphs that matplotlib can use.

    Returns
    -------
    str or None
        An installed one, else the packaged one; None, with a warning, where there is neither.
    """
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    found = next((name for name in _INSTALLED if name in known), None) or _packaged()
    if found is not None:
        return found
    if _LAST in known:
        return _LAST
    warnings.warn(_ABSENT, stacklevel=2)
    return None


def style() -> dict[str, Any]:
    """Return settings of matplotlib for figures with Chinese text, for ``rc_context``.

    The family is named outright, so that text keeps its font when a figure is drawn later, outside
    the context. Text of SVG stays text.
    """
    found = chinese_family()
    return {
        "font.family": [found, "DejaVu Sans"] if found else ["DejaVu Sans"],
        "svg.fonttype": "none",
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "figure.constrained_layout.use": True,
    }


def _packaged() -> str | None:
    if find_spec(_PACKAGE) is None:
        return None
    path = str(import_module(_PACKAGE).sans_path())
    font_manager.fontManager.addfont(path)
    return str(font_manager.FontProperties(fname=path).get_name())
