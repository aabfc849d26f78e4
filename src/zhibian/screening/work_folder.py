"""Parts of a run on disk (分段结果): what is finished stays, and a run that was killed goes on.

A part is written under another name and then renamed, so a file that bears its name is whole. The
manifest says what the parts were made of: another input, option or rule version is refused.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from zhibian.problems import InputError, Problem

MANIFEST = "manifest.json"
_FORMAT = "zhibian-screening-parts/1"
_SUFFIX = ".parquet"


class WorkFolder:
    """The parts of one run.

    Parameters
    ----------
    path
        The folder; made by :meth:`begin` or :meth:`resume`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @staticmethod
    def begin(path: Path, identity: Mapping[str, str]) -> WorkFolder:
        """Return an empty folder for a new run; parts of an older one are thrown away.

        Parameters
        ----------
        path
            The folder.
        identity
            What the parts are made of: name of each ingredient, in Chinese, to its value.

        Raises
        ------
        InputError
            There is a folder of that name which this program did not make, or it can't be made.
        """
        if path.exists():
            _manifest(path)
            shutil.rmtree(path)
        try:
            path.mkdir(parents=True)
            told = {"format": _FORMAT, "identity": dict(identity)}
            _write_text(path / MANIFEST, json.dumps(told, ensure_ascii=False, indent=1))
        except OSError:
            raise _refused(path, "unwritable", "分段目录不能建立", "检查输出路径与权限") from None
        return WorkFolder(path)

    @staticmethod
    def resume(path: Path, identity: Mapping[str, str]) -> WorkFolder:
        """Return the folder of a run that was broken off.

        Raises
        ------
        InputError
            There is no such run, or it was made of something else; every difference is told.
        """
        if not path.exists():
            raise _refused(
                path, "nothing_to_resume", "没有可以继续的分段结果", "去掉 --resume 重新开始"
            )
        before = _manifest(path)
        changed = [
            Problem(
                f"{path.name} {name}",
                "resume_differs",
                f"与中断前不同：当时 {before.get(name) or '无'}，现在 {identity.get(name) or '无'}",
                "恢复原来的输入与选项后继续，或去掉 --resume 重新开始",
            )
            for name in sorted(before.keys() | identity.keys())
            if before.get(name) != identity.get(name)
        ]
        if changed:
            raise InputError(path.name, changed)
        return WorkFolder(path)

    def has(self, kind: str, number: int) -> bool:
        """Return whether a part is finished."""
        return self._file(kind, number).exists()

    def count(self, kind: str) -> int:
        """Return how many parts are finished, without a gap from the first."""
        number = 0
        while self.has(kind, number):
            number += 1
        return number

    def write(self, kind: str, number: int, rows: pl.DataFrame) -> None:
        """Keep a part.

        Raises
        ------
        InputError
            The disk is full or the folder can't be written.
        """
        target = self._file(kind, number)
        part = target.with_suffix(".part")
        try:
            rows.write_parquet(part, compression="lz4")
            part.replace(target)
        except (OSError, pl.exceptions.PolarsError):
            part.unlink(missing_ok=True)
            raise _refused(
                self.path, "unwritable", "分段结果不能写入", "检查磁盘空间与权限后用 --resume 继续"
            ) from None

    def read(self, kind: str, number: int) -> pl.DataFrame:
        """Return a finished part."""
        return pl.read_parquet(self._file(kind, number), memory_map=False)

    def scan(self, kind: str) -> pl.LazyFrame:
        """Return all finished parts as one table; there must be one."""
        return pl.scan_parquet([self._file(kind, n) for n in range(self.count(kind))])

    def note(self, name: str, told: object) -> None:
        """Keep a small note beside the parts."""
        _write_text(self.path / f"{name}.json", json.dumps(told, ensure_ascii=False))

    def noted(self, name: str) -> Any:
        """Return a note, None where there is none."""
        path = self.path / f"{name}.json"
        return json.loads(path.read_text("utf-8")) if path.exists() else None

    def discard(self) -> None:
        """Remove the folder with all parts."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _file(self, kind: str, number: int) -> Path:
        return self.path / f"{kind}-{number:06}{_SUFFIX}"


def _manifest(path: Path) -> dict[str, str]:
    """Return what the parts of a folder were made of."""
    try:
        told = json.loads((path / MANIFEST).read_text("utf-8"))
        if told["format"] == _FORMAT:
            return {str(key): str(value) for key, value in told["identity"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        pass
    raise _refused(
        path, "foreign_folder", "已有同名目录，不是分段结果", "移走该目录，或换一个输出文件名"
    )


def _write_text(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _refused(path: Path, code: str, message: str, remedy: str) -> InputError:
    return InputError(path.name, [Problem(path.name, code, message, remedy)])
