"""Carry out a training run (执行训练运行): trials, then the best settings on every seed.

Every step ends with a file moved into place, so a run may be killed at any moment: what was
finished is kept, and what was not is done again from its last checkpoint, to the same result.
"""

from __future__ import annotations

import shutil
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from threadpoolctl import threadpool_limits

from zhibian.evaluation.hardware import package_versions
from zhibian.problems import InputError, Problem
from zhibian.settings import Settings
from zhibian.training.epochs import EpochDone
from zhibian.training.runs.config import Configured
from zhibian.training.runs.kinds import Job, Place, Watch
from zhibian.training.runs.results import Results, results_of
from zhibian.training.runs.search import best_of
from zhibian.training.runs.state import (
    LOG,
    RESULTS,
    STATE,
    Measured,
    RunState,
    Unfinished,
    refuse_changes,
    write_config,
    write_state,
    write_whole,
)

MODEL, SEEDS, WORK, CACHE = "model", "seeds", "work", "cache"


def run(
    configured: Configured, folder: Path, settings: Settings, watch: Watch, *, resume: bool
) -> Results:
    """Carry out a run, or what is left of it.

    Parameters
    ----------
    configured
        What to do.
    folder
        Where everything is written.
    settings
        Folders of the program, and limits.
    watch
        Told of progress.
    resume
        Whether a run that lies in the folder goes on; without one it begins.

    Raises
    ------
    InputError
        The data can't be read; the folder holds a run and ``resume`` is not asked for; or
        configuration or data have changed since it began.
    """
    begun = (folder / STATE).is_file()
    if begun and not resume:
        message = "这个目录里已有一次训练运行"
        remedy = "加 --resume 继续，或换一个写出目录"
        raise InputError(folder.name, [Problem("--output", "run_exists", message, remedy)])
    spec = configured.spec
    with threadpool_limits(spec.threads):
        job = configured.kind.prepare(configured.data, settings, spec.threads)
        sources, versions = dict(job.sources), package_versions()
        if begun:
            state = refuse_changes(spec, sources, folder)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            state = RunState(sources=sources, versions=[versions])
            write_config(spec, folder)
            write_state(state, folder)
        current = _Run(configured, folder, job, _Logged(watch, folder / LOG), state)
        if state.status == "finished":
            return results_of(configured, state)
        current.log.say("继续训练" if begun else f"开始训练：{configured.kind.title}")
        if versions not in state.versions:
            current.log.say("程序或依赖的版本与开始时不同，结果可能与一次完成的不同")
            current.update(versions=[*state.versions, versions])
        return current.finish()


class _Logged:
    """A watcher that keeps every line in a file as well."""

    def __init__(self, watch: Watch, path: Path) -> None:
        self._watch, self._path = watch, path

    def say(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as lines:
            lines.write(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}\n")
        self._watch.say(text)

    def epoch(self, done: EpochDone) -> None:
        self._watch.epoch(done)

    def part(self, title: str, done: int, total: int) -> None:
        self.say(title)
        self._watch.part(title, done, total)


class _Run:
    """A run under way."""

    def __init__(
        self, configured: Configured, folder: Path, job: Job, log: Watch, state: RunState
    ) -> None:
        self.configured, self.folder, self.job = configured, folder, job
        self.log, self.state = log, state
        self._total = len(configured.trials) + len(configured.spec.seeds)

    def update(self, **changes: Any) -> None:
        """Change the state and write it."""
        self.state = self.state.model_copy(update=changes)
        write_state(self.state, self.folder)

    def finish(self) -> Results:
        """Do what is left and write the results."""
        for number in range(len(self.state.trials), len(self.configured.trials)):
            self._trial(number)
        parameters = self._chosen()
        for number in range(len(self.state.seeds), len(self.configured.spec.seeds)):
            self._seed(number, parameters)
        results = results_of(self.configured, self.state)
        write_whole(self.folder / RESULTS, f"{results.model_dump_json(indent=1)}\n")
        self.update(status="finished", unfinished=None)
        for name in (WORK, CACHE):
            shutil.rmtree(self.folder / name, ignore_errors=True)
        self.log.say("训练完成")
        return results

    def _trial(self, number: int) -> None:
        parameters = self.configured.trials[number]
        search = self.configured.spec.search
        assert search is not None
        title = f"试验 {number + 1}/{len(self.configured.trials)}"
        self.log.part(title, number, self._total)
        seed = self.configured.spec.seeds[0]
        measured = self._train(f"trial-{number + 1}", parameters, seed, None)
        trials = [*self.state.trials, measured]
        best = best_of([one.metrics[search.metric] for one in trials], search.direction)
        self.update(trials=trials, best_trial=None if best is None else best + 1, unfinished=None)
        self.log.say(f"  {search.metric} {_shown(measured.metrics[search.metric])}")
        self._clear(f"trial-{number + 1}")

    def _chosen(self) -> BaseModel:
        """Return the settings for the seeds: of the best trial, or the only ones."""
        if not self.configured.trials:
            return self.configured.parameters
        if self.state.best_trial is None:
            message = "没有一次试验得到有限的指标"
            remedy = "缩小取值范围（多半是学习率过大）"
            raise InputError("search", [Problem("search", "search_failed", message, remedy)])
        self.log.say(f"采用试验 {self.state.best_trial} 的参数")
        return self.configured.trials[self.state.best_trial - 1]

    def _seed(self, number: int, parameters: BaseModel) -> None:
        seeds = self.configured.spec.seeds
        seed = seeds[number]
        done = len(self.configured.trials) + number
        self.log.part(f"种子 {seed}（{number + 1}/{len(seeds)}）", done, self._total)
        target = self.folder / SEEDS / str(seed) / MODEL
        measured = self._train(f"seed-{seed}", parameters, seed, target)
        self.update(seeds=[*self.state.seeds, measured], unfinished=None)
        shown = "，".join(f"{name} {_shown(v)}" for name, v in measured.metrics.items())
        self.log.say(f"  {shown}")
        self._clear(f"seed-{seed}")

    def _train(self, part: str, parameters: BaseModel, seed: int, target: Path | None) -> Measured:
        clock = _Clock(self.state.unfinished, part)
        scratch = None if target is None else target.with_name(f"{MODEL}.writing")
        if scratch is not None:
            shutil.rmtree(scratch, ignore_errors=True)
        place = Place(
            self.folder / WORK / part, self.folder / CACHE, scratch, self.configured.spec.name
        )
        place.work.mkdir(parents=True, exist_ok=True)
        self.update(unfinished=clock.unfinished(0))
        tuned = self.job.train(parameters, seed, place, _Counted(self, clock))
        if scratch is not None and target is not None:
            # Left by a stop between this move and the next state.
            shutil.rmtree(target, ignore_errors=True)
            scratch.replace(target)
        course = tuned.course
        return Measured(
            parameters=parameters.model_dump(mode="json"),
            seed=seed,
            metrics={name: _finite(value) for name, value in tuned.metrics.items()},
            seconds=clock.seconds(),
            processor_seconds=clock.processor_seconds(),
            epochs=None if course is None else course.epochs,
            best_epoch=None if course is None else course.best_epoch,
            stopped_early=course is not None and course.stopped_early,
        )

    def _clear(self, part: str) -> None:
        shutil.rmtree(self.folder / WORK / part, ignore_errors=True)


class _Clock:
    """Time spent on one training, that of earlier sittings included."""

    def __init__(self, before: Unfinished | None, part: str) -> None:
        self._part = part
        known = before if before is not None and before.part == part else None
        self._wall = time.monotonic() - (0.0 if known is None else known.seconds)
        self._worked = time.process_time() - (0.0 if known is None else known.processor_seconds)

    def seconds(self) -> float:
        return round(time.monotonic() - self._wall, 1)

    def processor_seconds(self) -> float:
        return round(time.process_time() - self._worked, 1)

    def unfinished(self, epochs: int) -> Unfinished:
        return Unfinished(
            part=self._part,
            epochs=epochs,
            seconds=self.seconds(),
            processor_seconds=self.processor_seconds(),
        )


class _Counted:
    """A watcher that writes passes into the state."""

    def __init__(self, current: _Run, clock: _Clock) -> None:
        self._run, self._clock = current, clock

    def say(self, text: str) -> None:
        self._run.log.say(text)

    def epoch(self, done: EpochDone) -> None:
        self._run.update(unfinished=self._clock.unfinished(done.number))
        self._run.log.epoch(done)

    def part(self, title: str, done: int, total: int) -> None:
        self._run.log.part(title, done, total)


def _finite(value: float) -> float | None:
    return float(value) if abs(value) < float("inf") else None


def _shown(value: float | None) -> str:
    return "不是数" if value is None else f"{value:.4f}"
