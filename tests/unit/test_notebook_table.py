"""Tables of notebooks: text is escaped, numbers stand to the right, nothing is a dash."""

from __future__ import annotations

from zhibian.notebook_table import NotebookTable, told

TABLE = NotebookTable("差额 <元>", ("病例", "差额"), [("A&B\n第二行", -1234.5), ("乙", None)])


def test_text_of_a_record_is_never_markup() -> None:
    html = TABLE._repr_html_()
    assert "差额 &lt;元&gt;" in html
    assert "A&amp;B<br>第二行" in html


def test_a_column_of_numbers_stands_to_the_right_as_a_whole() -> None:
    html = TABLE._repr_html_()
    assert html.count('align="right"') == 3
    assert html.count('align="left"') == 3


def test_plain_text_says_the_same() -> None:
    lines = repr(TABLE).splitlines()
    assert lines == ["差额 <元>", "病例 | 差额", "A&B", "第二行 | −1,234.50", "乙 | —"]


def test_cells_as_written() -> None:
    cells = (None, "0.5", 1234, 0.5, -2)
    assert [told(cell) for cell in cells] == ["—", "0.5", "1,234", "0.50", "−2"]
