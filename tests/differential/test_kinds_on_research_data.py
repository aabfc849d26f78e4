"""Systems on research data: what must hold of them there, whatever the figures are."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation_examples import LIMITS, answers, figures, resources

from zhibian.coding.terms.parts import clean
from zhibian.evaluation.coders.linking_target import target_names
from zhibian.evaluation.data.load import Library, load_task
from zhibian.evaluation.data.reading import Reading
from zhibian.evaluation.data.registry import DataFolders, load_datasets
from zhibian.evaluation.kinds.registry import KINDS
from zhibian.evaluation.resources import Resources
from zhibian.evaluation.rounds import LoadedTask
from zhibian.evaluation.tasks.registry import load_tasks
from zhibian.evaluation.tasks.spec import Protocol

FEW = 20


@pytest.fixture(scope="module")
def library(shared: Path) -> Library:
    oracle = {name: shared / "oracle" for name in load_datasets() if name.startswith("reference-")}
    return Library(load_datasets(), DataFolders(shared / "data", {}, oracle))


def loaded(name: str, library: Library, protocol: Protocol | None = None) -> LoadedTask:
    task = load_tasks()[name]
    if library.folders.find(library.dataset(task.dataset)) is None:
        pytest.skip(f"research data not present: {task.dataset}")
    changed = task if protocol is None else task.model_copy(update={"protocol": protocol})
    return load_task(changed, library, Reading(changed.code_set, LIMITS))


def measured(
    task: LoadedTask, systems: tuple[str, ...], where: Resources
) -> list[dict[str, float]]:
    kind = KINDS[task.spec.kind]
    scorer = kind.scorer(task.spec, where)
    questions = [example.question for example in task.parts.test]
    found = []
    for system in systems:
        coder: Any = kind.systems[system]({}, task.spec, where)
        given = answers(coder, questions, fit=task.parts.fit, tune=task.parts.tune)
        pairs = zip(task.parts.test, given, strict=True)
        found.append(dict(figures(scorer.metrics, [scorer.outcome(e, a) for e, a in pairs])))
    return found


def test_the_published_reading_gives_every_reference_group(library: Library, rules: Path) -> None:
    task = loaded("grouping-chs-drg-1-1", library)
    (found,) = measured(task, ("published",), resources(rules))
    assert len(task.parts.test) == 20_000
    assert found["grouping.different"] == 0


def test_the_assertion_rules_know_more_than_the_most_frequent_tendency(
    library: Library, rules: Path
) -> None:
    task = loaded("assertion-chip-cdee", library)
    most_frequent, ruled = measured(task, ("majority", "rules"), resources(rules))
    assert ruled["assertion.macro_f1"] > 2 * most_frequent["assertion.macro_f1"]


def test_a_list_learned_from_the_fit_part_knows_more_than_the_dictionary(
    library: Library, rules: Path
) -> None:
    task = loaded("entities-cehrner", library, Protocol(test="dev", fit=("train",)))
    listed, learned = measured(task, ("dictionary", "gazetteer"), resources(rules))
    assert learned["entities.micro_f1"] > listed["entities.micro_f1"]


@pytest.mark.parametrize("name", ["linking-chip-cdn", "linking-yidu-n7k"])
def test_a_wording_that_spells_a_name_is_linked_to_it_alone(
    name: str, library: Library, rules: Path
) -> None:
    task = loaded(name, library, Protocol(test="fit"))
    folder = library.folder_of(task.spec.dataset)
    where = resources(rules, folder=folder)
    target = target_names(task.spec, where)
    names = frozenset(target.spelled)
    asked = (example.question for example in task.parts.test)
    questions = list(islice((q for q in asked if clean(q.wording) in names), FEW))
    assert len(questions) == FEW
    for system in ("dictionary", "rapidfuzz"):
        coder: Any = KINDS["linking"].systems[system]({}, task.spec, where)
        for question, answer in zip(questions, answers(coder, questions), strict=True):
            assert [clean(name) for name in answer.chosen] == [clean(question.wording)]
