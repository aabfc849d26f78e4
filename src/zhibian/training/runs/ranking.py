"""Run kind `ranker`: the re-rankers of term linking, by spelling alone (重排模型，不用编码器)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.link import RankerTask, count_labels, ranker_task, write_ranker
from zhibian.training.link_corpora import Corpus, read_corpora, without_aside
from zhibian.training.ranker import TreeRecipe
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.sources import rules_checksum
from zhibian.training.runs.spec import Strict

#: Both goals as the data sets state them, and their mean.
LINK_METRICS = ("mean", "chip_cdn_f1", "yidu_n7k_accuracy")
_RULES = ("terminology", "lexicons", "linking")


class LinkData(Strict):
    """Folders of the two data sets (语料目录); what is kept aside in them is never read."""

    chip_cdn: Path = Field(description="CHIP-CDN")
    yidu_n7k: Path = Field(description="Yidu-N7K")


class TreeParameters(Strict):
    """Settings of the trees (提升树的参数)."""

    trees: int = Field(default=200, ge=1, description="Trees a stage 树的数目")
    tree_rate: float = Field(default=0.04, gt=0, le=1, description="Learning rate 学习率")
    leaves: int = Field(default=12, ge=2, description="Most leaves 叶数")
    leaf_rows: int = Field(default=20, ge=1, description="Least rows of a leaf 叶的最少样本")
    ridge: float = Field(default=2.0, ge=0, description="L2 penalty of leaves")
    share: float = Field(default=0.3, gt=0, le=1, description="Features a split may choose from")

    def trees_of(self, seed: int) -> TreeRecipe:
        """Return how trees are grown."""
        return TreeRecipe(
            self.trees,
            self.tree_rate,
            self.leaves,
            self.leaf_rows,
            self.ridge,
            self.share,
            seed,
        )


def link_sources(corpora: Sequence[Corpus], data: LinkData, rules: Path) -> dict[str, str]:
    """Return the checksums of data sets, their code sets and the rule tables."""
    files = [data.chip_cdn / "train.json", *(data.yidu_n7k / f"{x}.tsv" for x in ("train", "dev"))]
    files += [corpus.code_file for corpus in corpora]
    return {
        **{f"{path.parent.name}/{path.name}": sha256_of(path) for path in files},
        "rules": rules_checksum(rules, _RULES),
    }


def read_parts(data: LinkData) -> tuple[Corpus, ...]:
    """Read both data sets without what is kept aside."""
    return tuple(map(without_aside, read_corpora(data.chip_cdn, data.yidu_n7k)))


def link_metrics(scores: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics of rankers: the goal of each data set, and the mean.

    Parameters
    ----------
    scores
        Cross-validated score on the tuning part, by data set.
    """
    named = dict(zip(LINK_METRICS[1:], (scores["chip_cdn"], scores["yidu_n7k"]), strict=True))
    return {"mean": sum(named.values()) / len(named), **named}


@dataclass(frozen=True, slots=True)
class _RankerJob:
    tasks: Mapping[str, RankerTask]
    sources: Mapping[str, str]

    def train(self, parameters: TreeParameters, seed: int, place: Place, watch: Watch) -> Tuned:
        scores = {}
        for name, task in self.tasks.items():
            content, score = task.train(parameters.trees_of(seed))
            scores[name] = score[task.goal]
            watch.say(f"  {name}：{task.goal} {scores[name]:.4f}（{score['terms']} 条）")
            if place.target is not None:
                write_ranker(content, place.target / task.file)
        return Tuned(link_metrics(scores))


def _prepare(data: Any, settings: Settings, threads: int) -> _RankerJob:
    corpora = read_parts(data)
    labels = count_labels(corpora)
    tasks = {c.name: ranker_task(c, None, settings.rules, labels, None) for c in corpora}
    return _RankerJob(tasks, link_sources(corpora, data, settings.rules))


KIND = Kind(
    name="ranker",
    title="术语链接的重排模型（不用编码器）",
    data=LinkData,
    parameters=TreeParameters,
    metrics=dict.fromkeys(LINK_METRICS, "maximize"),
    seeded=True,
    needs=(),
    prepare=_prepare,
)
