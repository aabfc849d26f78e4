"""Reading and writing rule tables (规则表的读写): text only, checked by sha256.

Tables are UTF-8 CSV with a header, a comma and LF. The csv module is used
because importing a frame library costs more time than reading the tables.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import yaml

from zhibian.problems import InputError, Problem
from zhibian.whole_file import whole_file

_YAML_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file's bytes as hexadecimal text."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_bytes(path: Path, remedy: str) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    InputError
        The file can't be read; the problem names the remedy.
    """
    try:
        return path.read_bytes()
    except OSError:
        raise InputError(
            path.name,
            [Problem(path.name, "file_missing", "文件不存在或不可读", remedy)],
        ) from None


def read_text(path: Path, remedy: str) -> str:
    """Return a UTF-8 file's text (a byte order mark is dropped).

    Raises
    ------
    InputError
        The file can't be read or is not UTF-8.
    """
    try:
        return read_bytes(path, remedy).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(
            path.name,
            [Problem(path.name, "not_utf8", "文件不是 UTF-8 编码", remedy)],
        ) from None


def read_yaml(path: Path, remedy: str) -> dict[str, Any]:
    """Return the mapping of a YAML file.

    Raises
    ------
    InputError
        The file can't be read, is no YAML, or is no mapping.
    """
    text = read_text(path, remedy)
    try:
        content = yaml.load(text, Loader=_YAML_LOADER)
    except yaml.YAMLError:
        content = None
    if not isinstance(content, dict):
        raise InputError(
            path.name,
            [Problem(path.name, "yaml_invalid", "文件不是有效的 YAML 映射", remedy)],
        )
    return content


def parse_csv(text: str, header: Sequence[str], source: str, remedy: str) -> list[list[str]]:
    """Return the rows below a header, each as wide as the header.

    Raises
    ------
    InputError
        The header is another one, or a row has another width.
    """
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or rows[0] != list(header):
        raise InputError(
            source,
            [Problem(f"{source} 表头", "table_header", f"表头应为 {','.join(header)}", remedy)],
        )
    width = len(header)
    body = rows[1:]
    wrong = [
        Problem(f"{source} 第 {number} 行", "row_width", f"该行应有 {width} 列", remedy)
        for number, row in enumerate(body, start=2)
        if len(row) != width
    ]
    if wrong:
        raise InputError(source, wrong)
    return body


def read_csv(path: Path, header: Sequence[str], remedy: str) -> list[list[str]]:
    """Return the rows of a CSV file; see `parse_csv`."""
    return parse_csv(read_text(path, remedy), header, path.name, remedy)


def read_verified_csv(
    path: Path, header: Sequence[str], sha256: str, remedy: str
) -> list[list[str]]:
    """Return the rows of a CSV file whose bytes have the sha256 of its manifest.

    Raises
    ------
    InputError
        The file is absent, differs from its manifest, or has another layout.
    """
    content = read_bytes(path, remedy)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise InputError(
            path.name,
            [Problem(path.name, "table_corrupted", "文件与清单的 sha256 不一致", remedy)],
        )
    return parse_csv(content.decode("utf-8"), header, path.name, remedy)


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table and return the sha256 of its bytes; equal rows give equal bytes."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    content = buffer.getvalue().encode("utf-8")
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def write_yaml(path: Path, content: dict[str, Any], comment: str) -> None:
    """Write a YAML file below a comment line, keys in the order given."""
    text = yaml.safe_dump(content, allow_unicode=True, sort_keys=False, width=100)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_bytes(f"# {comment}\n{text}".encode())
