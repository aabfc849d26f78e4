"""The names that terms of a task are linked to (目标名称)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from zhibian.coding.terms.load import named_aliases, target_codes, target_codes_of_file
from zhibian.coding.terms.names import TargetCode
from zhibian.coding.terms.parts import clean
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.tasks.spec import TaskSpec
from zhibian.problems import InputError, Problem

#: Option of a task: file of ``code<TAB>name`` in the folder of the data set.
NAMES_OPTION = "names"
#: Candidates that a system tells at most: as deep as recall is measured.
RANKED = 50


@dataclass(frozen=True, slots=True)
class TargetNames:
    """Distinct names of a code set (去重名称).

    Attributes
    ----------
    names
        As published.
    spelled
        As they are compared.
    exact
        Compared spelling of a name or an alias to the place of the name.
    """

    names: tuple[str, ...]
    spelled: tuple[str, ...]
    exact: Mapping[str, int]


def cleaned(names: Iterable[str]) -> tuple[str, ...]:
    """Return distinct names as they are compared, in order."""
    return tuple(dict.fromkeys(filter(None, map(clean, names))))


def target_of(task: TaskSpec, resources: Resources) -> Sequence[TargetCode]:
    """Return the code set of a task: a file beside its data, or a set of the terminology.

    Raises
    ------
    InputError
        The file or the set is absent or damaged.
    """
    file = task.options.get(NAMES_OPTION)
    if file is None:
        return target_codes(resources.rules, task.code_set)
    if resources.folder_of is None:
        message = f"任务 {task.id} 的编码表在数据集文件夹中，这里没有数据集"
        remedy = "设置 ZHIBIAN_DATA，或改用 code_set 指定编码表"
        raise InputError(task.id, [Problem("options.names", "dataset_missing", message, remedy)])
    return target_codes_of_file(resources.folder_of(task.dataset) / str(file))


def target_names(task: TaskSpec, resources: Resources) -> TargetNames:
    """Return the names of a task with the project's aliases; errors as of :func:`target_of`."""
    return build_target(target_of(task, resources), named_aliases(resources.rules))


def build_target(codes: Iterable[TargetCode], aliases: Iterable[tuple[str, str]]) -> TargetNames:
    """Return the distinct names of codes.

    Parameters
    ----------
    codes
        The code set.
    aliases
        ``(alias, name)``; an alias whose name is not in the set, or that is a name itself, is
        left out.
    """
    published: dict[str, str] = {}
    for one in codes:
        if spelled := clean(one.name):
            published.setdefault(spelled, one.name)
    exact = {spelled: place for place, spelled in enumerate(published)}
    by_alias: dict[str, int] = {}
    for alias, name in aliases:
        spelled, place = clean(alias), exact.get(clean(name))
        if spelled and place is not None and spelled not in exact:
            by_alias.setdefault(spelled, place)
    return TargetNames(
        tuple(published.values()), tuple(published), MappingProxyType(exact | by_alias)
    )
