"""Run kind `link`: encoder, labels and re-rankers of term linking (术语链接模型)."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from zhibian.coding.terms.model import TOKENIZER
from zhibian.coding.terms.types import TermEncoder
from zhibian.settings import Settings
from zhibian.terminology.tables import sha256_of
from zhibian.training.link import (
    learn_all_labels,
    ranker_task,
    served_encoder,
    write_ranker,
    write_rest,
)
from zhibian.training.link_corpora import Corpus
from zhibian.training.runs.kinds import Kind, Place, Tuned, Watch
from zhibian.training.runs.ranking import (
    LINK_METRICS,
    LinkData,
    TreeParameters,
    link_metrics,
    link_sources,
    read_parts,
)
from zhibian.training.runs.state import write_whole

if TYPE_CHECKING:
    from zhibian.training.encoder import Recipe

#: How near right names come to the top by the encoder alone: what stops its training.
RECIPROCAL_RANK = "reciprocal_rank"
_SAFETENSORS = "model.safetensors"


class LinkModelData(LinkData):
    """The two data sets and an encoder to start from (语料与编码器)."""

    base: Path = Field(description="Folder that zhibian train base wrote 编码器目录")


class LinkParameters(TreeParameters):
    """Settings of encoder and rankers (编码器与重排模型的参数)."""

    epochs: int = Field(default=2, ge=1, description="Most passes 最多轮数")
    patience: int = Field(default=2, ge=0, description="Passes without gain; 0: no early stop")
    batch: int = Field(default=48, ge=2, description="Terms a step 每步词条数")
    rate: float = Field(default=1e-4, gt=0, description="Peak learning rate 最高学习率")
    warmup: float = Field(default=0.08, gt=0, lt=1, description="Share of warm-up steps")
    temperature: float = Field(default=0.04, gt=0, description="Divisor of cosines 温度")
    hard: int = Field(default=1, ge=0, description="Mined wrong names a term and step 难负例")
    mined: int = Field(default=16, ge=1, description="Names from which these are drawn")
    longest: int = Field(default=48, ge=8, description="Tokens a text is cut to 最长词元数")
    frozen: int = Field(default=6, ge=0, description="Lowest layers that stay 冻结层数")
    device: Literal["cpu", "cuda"] = "cpu"

    def recipe(self, seed: int) -> Recipe:
        """Return how the encoder is trained."""
        from zhibian.training.encoder import Recipe  # noqa: PLC0415

        return Recipe(
            epochs=self.epochs,
            patience=self.patience,
            batch=self.batch,
            rate=self.rate,
            warmup=self.warmup,
            temperature=self.temperature,
            hard=self.hard,
            mined=self.mined,
            longest=self.longest,
            frozen=self.frozen,
            seed=seed,
        )


@dataclass(frozen=True, slots=True)
class _LinkJob:
    corpora: Sequence[Corpus]
    base: Path
    rules: Path
    sources: Mapping[str, str]

    def train(self, parameters: LinkParameters, seed: int, place: Place, watch: Watch) -> Tuned:
        from zhibian.training.link_encoders import LinkEncoders, Start  # noqa: PLC0415

        start = Start(self.base, parameters.device, place.work)
        recipe = parameters.recipe(seed)
        encoders = LinkEncoders(self.corpora, self.rules, start, recipe, watch.say, watch.epoch)
        course = encoders.first()
        held = _folder_once(place.work / "held", encoders.write_first)
        scores = self._rankers(parameters, seed, served_encoder(held), place, watch)
        if place.target is not None:
            second = _folder_once(place.work / "shipped", encoders.write_second)
            shutil.copytree(second, place.target, dirs_exist_ok=True)
            write_rest(self.corpora, scores, place.target, {"seed": seed})
        by_corpus = {
            corpus.name: scores[file][corpus.goal]
            for corpus in self.corpora
            for file in scores
            if scores[file]["corpus"] == corpus.name and scores[file]["encoder"]
        }
        rank = course.values[course.best_epoch - 1] if course.best_epoch else None
        reciprocal = float("nan") if rank is None else rank
        return Tuned({**link_metrics(by_corpus), RECIPROCAL_RANK: reciprocal}, course)

    def _rankers(
        self,
        parameters: LinkParameters,
        seed: int,
        encoder: TermEncoder,
        place: Place,
        watch: Watch,
    ) -> dict[str, Any]:
        """Train the rankers beside the first encoder; those of spelling only for a model."""
        labels = learn_all_labels(self.corpora, encoder, tune=False)
        names = place.work / "names"
        used: tuple[TermEncoder | None, ...] = (encoder, None) if place.target else (encoder,)
        scores = {}
        for corpus in self.corpora:
            for one in used:
                method = "spelling" if one is None else "encoder"

                def train(corpus: Corpus = corpus, one: TermEncoder | None = one) -> dict[str, Any]:
                    task = ranker_task(corpus, one, self.rules, labels, names)
                    content, score = task.train(parameters.trees_of(seed))
                    about = {"corpus": corpus.name, "encoder": one is not None}
                    return {"file": task.file, "content": content, "score": about | score}

                found = _json_once(place.work / f"{corpus.name}-{method}.json", train)
                scores[found["file"]] = found["score"]
                watch.say(f"  {found['file']}：{corpus.goal} {found['score'][corpus.goal]:.4f}")
                if place.target is not None:
                    write_ranker(found["content"], place.target / found["file"])
        return scores


def _folder_once(folder: Path, write: Callable[[Path], None]) -> Path:
    """Write a folder unless it was written."""
    if not folder.is_dir():
        scratch = folder.with_name(f"{folder.name}.writing")
        shutil.rmtree(scratch, ignore_errors=True)
        write(scratch)
        scratch.replace(folder)
    return folder


def _json_once(path: Path, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Make something unless it was made, and read it from its file."""
    if not path.is_file():
        write_whole(path, json.dumps(make()))
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _prepare(data: Any, settings: Settings, threads: int) -> _LinkJob:
    import torch  # noqa: PLC0415

    torch.set_num_threads(threads)
    corpora = read_parts(data)
    sources = link_sources(corpora, data, settings.rules)
    for file in (_SAFETENSORS, TOKENIZER):
        sources[f"encoder/{file}"] = sha256_of(data.base / file)
    return _LinkJob(corpora, data.base, settings.rules, sources)


KIND = Kind(
    name="link",
    title="术语链接模型",
    data=LinkModelData,
    parameters=LinkParameters,
    metrics=dict.fromkeys((*LINK_METRICS, RECIPROCAL_RANK), "maximize"),
    seeded=True,
    needs=("torch", "transformers", "onnx", "onnxruntime", "safetensors", "tokenizers"),
    prepare=_prepare,
)
