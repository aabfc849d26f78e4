"""The term encoder killed between passes; needs the extra ``train``."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra train is not installed")
pytest.importorskip("transformers", reason="the extra train is not installed")
pytest.importorskip("safetensors", reason="the extra train is not installed")
pytest.importorskip("tokenizers", reason="the extra train is not installed")

import torch
from tests.unit.training.stops import Killed, killed_at
from tests.unit.training.test_encoder_files import PIECES, tiny_file
from tokenizers import Tokenizer
from transformers import BertModel

from zhibian.evaluation.data.term_pairs import TermPair
from zhibian.training.e5 import kept_pieces, parse, write_bert
from zhibian.training.encoder import Recipe, train_encoder
from zhibian.training.epochs import Course
from zhibian.training.mining import Task
from zhibian.training.network import TermNetwork
from zhibian.training.packed import LowerLayers

LETTERS = [piece for piece in PIECES if len(piece) == 1 and piece >= "\u4e00"]
NAMES = [a + b for a in LETTERS for b in LETTERS if a != b]
LEARNED = [TermPair(name + "性", (name,)) for name in NAMES[::3]]
TUNING = [TermPair("急" + name, (name,)) for name in NAMES[1::3]]
RECIPE = Recipe(epochs=3, patience=3, batch=8, frozen=1, mined=4, rate=1e-3, seed=7)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    contents = parse(tiny_file())
    write_bert(contents, kept_pieces(contents), folder)
    return folder


def trained(base: Path, checkpoint: Path | None, *, again: bool) -> tuple[Course, TermNetwork]:
    torch.manual_seed(1)
    bert = BertModel.from_pretrained(
        base,
        add_pooling_layer=False,
        attn_implementation="eager",
        dtype=torch.float32,
        attention_probs_dropout_prob=0.0,
        hidden_dropout_prob=0.0,
    )
    network = TermNetwork(bert, width=8)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    lower = LowerLayers(bert, tokenizer, frozen=1, longest=48, device="cpu")
    course = train_encoder(
        network,
        lower,
        [Task("t", LEARNED, NAMES)],
        RECIPE,
        tune=[] if again else [Task("t", TUNING, NAMES)],
        trained=again,
        checkpoint=checkpoint,
    )
    return course, network


@pytest.mark.parametrize("again", [False, True])
def test_killed_after_any_pass_it_reaches_the_same_weights(
    base: Path, tmp_path: Path, again: bool
) -> None:
    course, whole = trained(base, None, again=again)
    assert course.epochs == RECIPE.epochs
    assert all((value is None) == again for value in course.values)
    for step in range(RECIPE.epochs):
        checkpoint = tmp_path / f"{step}.pt"
        with pytest.raises(Killed), killed_at(step):
            trained(base, checkpoint, again=again)
        resumed, network = trained(base, checkpoint, again=again)
        assert resumed == course
        for one, other in zip(whole.parameters(), network.parameters(), strict=True):
            assert torch.equal(one, other)


def test_reciprocal_ranks_lie_between_none_and_one_and_the_best_is_kept(base: Path) -> None:
    course, _ = trained(base, None, again=False)
    values = [value for value in course.values if value is not None]
    assert all(0 < value <= 1 for value in values)
    assert values[course.best_epoch - 1] == max(values)
