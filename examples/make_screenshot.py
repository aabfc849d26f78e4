"""Render the output of `zhibian code` for the shipped record as examples/screenshot.png.

Needs `chromium` and `pngquant` on the PATH and the fonts below (Debian: chromium, pngquant,
fonts-noto-cjk, fonts-dejavu-core). Run it from the repository root after `make run`:

    .venv/bin/python examples/make_screenshot.py
"""

from __future__ import annotations

import html
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

HERE = Path(__file__).resolve().parent
RECORD = HERE / "heart-failure-pneumonia.json"
PICTURE = HERE / "screenshot.png"
COLUMNS = 112
CELL = 12.2  # width of a terminal cell in the SVG of rich
FONTS = "'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', 'Noto Sans CJK SC', monospace"


def terminal_as_svg() -> str:
    """Return what the command prints on a terminal, as drawn by rich."""
    zhibian = Path(sys.executable).with_name("zhibian")
    terminal = {**os.environ, "COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    run = [str(zhibian), "code", str(RECORD)]
    done = subprocess.run(run, check=True, capture_output=True, encoding="utf-8", env=terminal)
    screen = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    screen.print(Text.from_ansi(done.stdout))
    svg = screen.export_svg(title=f"zhibian code examples/{RECORD.name}", theme=MONOKAI)
    # The web font that rich names has no Chinese and is out of reach offline.
    svg = re.sub(r"@font-face\s*\{[^}]*\}", "", svg)
    svg = re.sub(r' x="([\d.]+)" (y="[\d.]+") textLength="[\d.]+"([^>]*)>([^<]*)<', _in_cells, svg)
    return svg.replace("Fira Code, monospace", FONTS)


def _in_cells(text: re.Match[str]) -> str:
    """Give every character its own cell: rich counts a Chinese character as one cell here."""
    start, y, rest, content = text.groups()
    characters = html.unescape(content)
    cells = [cell_len(characters[:index]) for index in range(len(characters))]
    xs = " ".join(f"{float(start) + CELL * cell:.1f}" for cell in cells)
    # The Chinese font draws Roman numerals two cells wide; a terminal gives them one.
    fitted = re.sub("[\u2160-\u217f]", rf'<tspan font-size="{CELL}">\g<0></tspan>', content)
    return f' x="{xs}" {y}{rest}>{fitted}<'


def photograph(svg: str, picture: Path) -> None:
    """Write the SVG as a PNG of its own size."""
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    if size is None:
        sys.exit("the SVG of rich has no viewBox")
    width, height = (round(float(side)) for side in size.groups())
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(f'<body style="margin:0">{svg}</body>', encoding="utf-8")
        browser = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
        shot = [f"--window-size={width},{height}", f"--screenshot={picture}", page.as_uri()]
        subprocess.run([*browser, *shot], check=True, capture_output=True, timeout=120)
    smaller = ["pngquant", "--force", "--output", str(picture), "32", str(picture)]
    subprocess.run(smaller, check=True, timeout=60)


if __name__ == "__main__":
    photograph(terminal_as_svg(), PICTURE)
