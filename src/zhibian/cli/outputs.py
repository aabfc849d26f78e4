"""The paths of a command (路径核对): all it reads is there, and it writes over nothing of it.

Every command that writes tells here what it reads and what it writes, before it reads anything.
All that is wrong is told at once and nothing is written.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from zhibian.grouping.table_files import WORKBOOKS
from zhibian.problems import InputError, Problem
from zhibian.whole_file import part_of

_OTHER_FILE = "换一个文件名"
_OTHER_FOLDER = "另选一个文件夹"


@dataclass(frozen=True, slots=True)
class Source:
    """What a command reads: a file or a folder (输入).

    Attributes
    ----------
    option
        As the user knows it: ``--benchmarks``, or the name of an argument such as ``TABLE``.
    path
        Where; None where it is not given.
    reads
        Endings of the files that are read in a folder, in lower case; None for any.
    deep
        Whether the folders in a folder are read too.
    """

    option: str
    path: Path | None
    reads: Sequence[str] | None = None
    deep: bool = False


@dataclass(frozen=True, slots=True)
class OutputFile:
    """A file that a command writes; its folder must be there (输出文件).

    Attributes
    ----------
    option
        The option that names it, or that names the file beside which it is written.
    path
        Where; None where it is not wanted.
    endings
        Endings that are allowed, in lower case; None for any.
    """

    option: str
    path: Path | None
    endings: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class OutputFolder:
    """A folder that a command writes files into, made where it is absent (输出文件夹).

    Attributes
    ----------
    option, path
        As of a file.
    writes
        Endings of the files that are written; None for any.
    replaced
        Whether the folder is emptied, so that nothing in it may be read.
    """

    option: str
    path: Path | None
    writes: Sequence[str] | None = None
    replaced: bool = False


Output = OutputFile | OutputFolder


def check_outputs(
    command: str,
    sources: Sequence[Source],
    outputs: Sequence[Output],
    more: Sequence[Problem] = (),
) -> None:
    """Refuse absent inputs, and outputs that destroy an input or each other or can't be written.

    Parameters
    ----------
    command
        Name of the command, under which the problems are told.
    sources
        All that is read by a path the user gives.
    outputs
        All that is written, side files included.
    more
        Problems that were found before; they are told together with those of the paths.

    Raises
    ------
    InputError
        Every problem found, each under the option of its path.
    """
    wanted = [output for output in outputs if output.path is not None]
    problems = [p for source in sources for p in _absent(source)] + [*more]
    for output in wanted:
        problems += _unusable(output)
        problems += [p for source in sources for p in _over(output, source)]
    problems += [p for first, second in combinations(wanted, 2) for p in _twice(first, second)]
    if problems:
        # Side files share the option and the folder of the file beside which they are written.
        once = {(p.field, p.code, p.message): p for p in reversed(problems)}
        raise InputError(command, list(once.values())[::-1])


def workbook_problems(option: str, path: Path, written: Sequence[str] = ()) -> list[Problem]:
    """Return why a text table may not be named like a workbook: Excel can't open it then.

    Parameters
    ----------
    option, path
        The output.
    written
        Endings of workbooks that the command does write.
    """
    ending = path.suffix.lower()
    if ending not in WORKBOOKS or ending in written:
        return []
    can = "、".join((*written, ".csv", ".parquet"))
    message = f"不能写 {ending} 工作簿"
    return [Problem(option, "output_format", message, f"文件名以 {can} 结尾", path.name)]


def _absent(source: Source) -> Iterator[Problem]:
    """Yield that a source is not there."""
    if source.path is not None and not os.path.exists(source.path):
        message = "没有这个文件或文件夹"
        yield Problem(source.option, "input_missing", message, "核对路径与文件名", source.path.name)


def _unusable(output: Output) -> Iterator[Problem]:
    """Yield why nothing can be written to a place, whatever is read."""
    path = _path(output)
    if isinstance(output, OutputFolder):
        if os.path.exists(path) and not os.path.isdir(path):
            yield _told(output, "not_a_folder", "是已有的文件，这里须为文件夹", _OTHER_FOLDER)
        elif os.path.isdir(path) and not os.access(path, os.W_OK):
            yield _told(output, "unwritable", "输出目录不能写入", "检查权限，或写到另一个目录")
        return
    if os.path.isdir(path):
        yield _told(output, "is_folder", "是文件夹，这里须为文件", "在文件夹后加上文件名")
        return
    if os.path.exists(path) and not os.path.isfile(path):
        yield _told(output, "not_a_file", "不是普通文件", _OTHER_FILE)
    if output.endings is not None and path.suffix.lower() not in output.endings:
        allowed = " 或 ".join(output.endings)
        yield _told(output, "output_format", f"只能写 {allowed}", "修改文件扩展名")
    if not os.path.isdir(path.parent):
        yield _told(output, "folder_missing", "输出目录不存在", "先建立该目录，或核对路径")
    elif not os.access(path.parent, os.W_OK):
        yield _told(output, "unwritable", "输出目录不能写入", "检查权限，或写到另一个目录")


def _over(output: Output, source: Source) -> Iterator[Problem]:
    """Yield why writing an output would destroy a source, or become part of it."""
    if source.path is None:
        return
    if os.path.isdir(source.path):
        if _into(output, source, source.path):
            message = f"会覆盖输入 {source.option} 文件夹中的文件，或被当作输入"
            yield _told(output, "output_in_input", message, _OTHER_FOLDER)
    elif isinstance(output, OutputFolder):
        if _holds(output, source.path):
            message = f"就是输入 {source.option} 所在的文件夹，输入可能被覆盖"
            yield _told(output, "output_is_input", message, _OTHER_FOLDER)
    else:
        for place in _places(output):
            if _same(place, source.path):
                known = "" if place == output.path else f"写出时的临时文件 {place.name} "
                message = f"{known}与输入 {source.option} 是同一个文件，输入会被覆盖"
                yield _told(output, "same_file", message, _OTHER_FILE)


def _into(output: Output, source: Source, folder: Path) -> bool:
    """Return whether an output may become one of the files of a folder that is read."""
    path = _path(output)
    if isinstance(output, OutputFile):
        among = _same(path.parent, folder)
        endings: Sequence[str] | None = (path.suffix.lower(),)
    else:
        among = _same(path, folder) or (output.replaced and _within(folder, path))
        endings = output.writes
    return (among or (source.deep and _within(path, folder))) and _meet(endings, source.reads)


def _holds(output: OutputFolder, file: Path) -> bool:
    """Return whether a file that is read lies where a folder is written."""
    path = _path(output)
    if output.replaced and _within(file, path):
        return True
    return _same(path, file.parent) and _meet(output.writes, (file.suffix.lower(),))


def _twice(first: Output, second: Output) -> Iterator[Problem]:
    """Yield that two outputs are written to one place."""
    taken = [
        other.name
        for one in _places(first)
        for other in _places(second)
        if _same(one, other) or _spelled_alike(one, other)
    ]
    if taken:
        message = f"与 {first.option} 写到同一处（{taken[0]}）"
        yield _told(second, "same_output", message, "写到不同的地方")


def _spelled_alike(one: Path, other: Path) -> bool:
    """Return whether two names differ in case alone, which on many machines is one file."""
    return os.path.realpath(one).casefold() == os.path.realpath(other).casefold()


def _path(output: Output) -> Path:
    if output.path is None:
        raise ValueError(output.option)
    return output.path


def _places(output: Output) -> list[Path]:
    """Return all names an output takes: a file is written under another name first."""
    path = _path(output)
    return [path] if isinstance(output, OutputFolder) else [path, part_of(path)]


def _same(one: Path, other: Path) -> bool:
    """Return whether two names are one file: by links of either kind, or as they are spelled."""
    if os.path.exists(one) and os.path.exists(other):
        return os.path.samefile(one, other)
    return os.path.realpath(one) == os.path.realpath(other)


def _within(path: Path, folder: Path) -> bool:
    """Return whether a path lies in a folder or in one of its folders."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def _meet(written: Sequence[str] | None, read: Sequence[str] | None) -> bool:
    """Return whether files that are written may be among those that are read."""
    return written is None or read is None or not set(written).isdisjoint(read)


def _told(output: Output, code: str, message: str, remedy: str) -> Problem:
    return Problem(output.option, code, message, remedy, _path(output).name or str(output.path))
