"""What the kinds of training make of invented data; no torch."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from tests.unit.training.listeners import Silent
from tests.unit.training.stops import Killed, killed_at

from zhibian.coding.principal.features import NAMES
from zhibian.documents.matcher import TermMatcher
from zhibian.documents.tagger import DictionaryHints, TermKind
from zhibian.evaluation.data.tagged_texts import CDEE_FILES, CEHRNER_FILES
from zhibian.review.reviewer import Reviewer
from zhibian.settings import Settings
from zhibian.terminology.tables import read_yaml
from zhibian.training.link_corpora import CHIP_NAMES, YIDU_NAMES, read_corpora, without_aside
from zhibian.training.principal import FILE, Example
from zhibian.training.runs.config import read_config
from zhibian.training.runs.kinds import Place, Tuned
from zhibian.training.runs.principal import PrincipalJob, PrincipalParameters
from zhibian.training.runs.runner import run
from zhibian.training.runs.tagging import TaggerData, TaggerJob, TaggerParameters

DISEASES = ("胃腺癌", "肝囊肿", "肺脓肿", "胆囊结石", "肾结核")
OPERATIONS = ("阑尾切除术", "胆囊切除术", "胃镜检查", "骨折复位术", "肾造瘘术")
BEFORE = ("左侧", "右侧", "双侧", "急性", "慢性", "复发性", "巨大", "多发性")


def write_corpora(folder: Path) -> None:
    """Write both linking data sets, invented."""
    chip, yidu = folder / "chip", folder / "yidu"
    chip.mkdir()
    yidu.mkdir()
    rows = [
        {"text": before + name, "normalized_result": name} for name in DISEASES for before in BEFORE
    ]
    (chip / "train.json").write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    codes = [f"X{n:02d}.000\t{name}" for n, name in enumerate(DISEASES)]
    (chip / CHIP_NAMES).write_text("\n".join(codes), encoding="utf-8")
    for file in ("train", "dev"):
        lines = [f"{before}{file}{name}\t{name}" for name in OPERATIONS for before in BEFORE]
        text = "\n".join(["原始词\t标准词", *lines])
        (yidu / f"{file}.tsv").write_text(text, encoding="utf-8")
    codes = [f"{n:02d}.0000\t{name}" for n, name in enumerate(OPERATIONS)]
    (yidu / YIDU_NAMES).write_text("\n".join(codes), encoding="utf-8")


def test_what_is_kept_aside_is_blank_in_a_run(tmp_path: Path) -> None:
    write_corpora(tmp_path)
    for corpus in read_corpora(tmp_path / "chip", tmp_path / "yidu"):
        sealed = without_aside(corpus)
        assert corpus.parts.aside
        assert sealed.parts == corpus.parts
        for place, (before, after) in enumerate(zip(corpus.pairs, sealed.pairs, strict=True)):
            if place in corpus.parts.aside:
                assert (after.wording, after.names) == ("", ())
            else:
                assert after == before


def test_rankers_are_trained_and_written_for_every_seed(tmp_path: Path) -> None:
    write_corpora(tmp_path)
    content = {
        "format": "zhibian-training/1",
        "kind": "ranker",
        "data": {"chip_cdn": "chip", "yidu_n7k": "yidu"},
        "parameters": {"trees": 5, "leaf_rows": 2},
        "seeds": [1, 2],
    }
    (tmp_path / "run.yaml").write_text(yaml.safe_dump(content), encoding="utf-8")
    configured = read_config(tmp_path / "run.yaml", {})
    results = run(configured, tmp_path / "run", Settings(), Silent(), resume=False)
    for seed in results.seeds:
        goals = [seed.metrics[name] or 0.0 for name in ("chip_cdn_f1", "yidu_n7k_accuracy")]
        assert seed.metrics["mean"] == pytest.approx(np.mean(goals))
    one, two = (
        {path.name: path.read_bytes() for path in (tmp_path / "run/seeds" / s / "model").iterdir()}
        for s in ("1", "2")
    )
    assert set(one) == {"ranker-diagnosis-spelling.json", "ranker-procedure-spelling.json"}
    assert one != two


def test_the_principal_ranker_is_judged_by_folds_of_its_seed(
    reviewer: Reviewer, tmp_path: Path
) -> None:
    dice = np.random.default_rng(1)
    found = [
        Example("records", dice.normal(size=(3, len(NAMES))), np.zeros(3), (True, False, False))
        for _ in range(40)
    ]
    job = PrincipalJob(found, reviewer.knowledge)
    place = Place(tmp_path / "work", tmp_path / "cache", tmp_path / "model", "principal-1")
    one, again, other = (
        job.train(PrincipalParameters(pull=3), seed, place, Silent()).metrics for seed in (1, 1, 2)
    )
    assert one == again != other
    content = read_yaml(tmp_path / "model" / FILE, "")
    assert set(content["weights"]) == set(NAMES)
    changed = PrincipalJob([*found[1:], found[0]], reviewer.knowledge)
    assert changed.sources != job.sources


def test_the_tagger_goes_on_from_its_helpers_and_needs_no_test_part(tmp_path: Path) -> None:
    pytest.importorskip("pycrfsuite", reason="the extra train is not installed")
    lines, rows = [], []
    for number, name in enumerate(DISEASES * 2):
        text = f"患者因{name}入院，无发热，好转出院。"
        mention = {"mention": name, "label": "疾病和诊断", "offset": "3"}
        lines.append(json.dumps({"text": text, "mention_data": [mention]}, ensure_ascii=False))
        head = {"core_name": "发热", "tendency": "否定", "character": [], "anatomy_list": []}
        rows.append({"id": number, "text": text, "event": [head]})
    for file in CEHRNER_FILES[:2]:
        (tmp_path / file).write_text("\n".join(lines), encoding="utf-8")
    for file in CDEE_FILES:
        (tmp_path / file).write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    kinds = {"肺炎": TermKind.DISEASE}
    hints = DictionaryHints(TermMatcher(kinds), kinds)
    job = TaggerJob(TaggerData(cehrner=tmp_path, chip_cdee=tmp_path), hints, {})
    parameters = TaggerParameters(rounds=20, helper_rounds=10)

    def trained(name: str) -> tuple[Tuned, bytes]:
        place = Place(tmp_path / name, tmp_path / "cache", tmp_path / name / "model", name)
        tuned = job.train(parameters, 1, place, Silent())
        return tuned, (tmp_path / name / "model" / "weights.npz").read_bytes()

    with killed_at(None) as moves:
        whole, weights = trained("whole")
    # The weights of two helpers, and the manifest.
    assert moves.count == 3
    assert whole.metrics["f1"] == 1.0
    for step in range(moves.count):
        with pytest.raises(Killed), killed_at(step):
            trained(f"stopped-{step}")
        assert trained(f"stopped-{step}") == (whole, weights)
