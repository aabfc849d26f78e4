"""Results of a run that never was (虚构的评测结果): every part of a report has something."""

from __future__ import annotations

import random

from zhibian.evaluation.deviation_bins import deviation_bins
from zhibian.evaluation.results import (
    ComparisonOut,
    ConfusionOut,
    FailureOut,
    FigureOut,
    GalleryOut,
    GalleryQuote,
    HardwareOut,
    MetricOut,
    ReliabilityOut,
    Results,
    RunOut,
    SeedOut,
    SplitOut,
    SpreadOut,
    StepOut,
    StratumOut,
    SystemOut,
    TaskOut,
    WaterfallOut,
)

SYSTEMS = {
    "majority": ("最常见编码", 0.12),
    "dictionary": ("名称词典", 0.55),
    "tfidf-lr": ("TF-IDF 与逻辑回归", 0.48),
    "retrieval": ("近邻检索", 0.51),
    "label-attention": ("标签注意力", 0.62),
    "pipeline": ("智编全流程", 0.81),
}
METRICS = {
    "principal.exact": MetricOut(title="主要诊断一致率", unit="share", better="higher"),
    "principal.3": MetricOut(title="主要诊断类目一致率", unit="share", better="higher"),
    "others.micro_precision": MetricOut(title="其他诊断精确率", unit="share", better="higher"),
    "others.micro_recall": MetricOut(title="其他诊断召回率", unit="share", better="higher"),
    "others.micro_f1": MetricOut(title="其他诊断F1", unit="share", better="higher"),
    "must_not.families": MetricOut(title="误编不应编码者", unit="share", better="lower"),
    "group.drg": MetricOut(title="DRG 一致率", unit="share", better="higher"),
    "hierarchy.principal_distance": MetricOut(
        title="主要诊断层级距离", unit="distance", better="lower"
    ),
    "payment.amount.mean": MetricOut(title="平均支付偏差", unit="yuan", better="zero"),
    "payment.amount.within_5": MetricOut(title="偏差在 5% 以内", unit="share", better="higher"),
    "payment.amount.within_10": MetricOut(title="偏差在 10% 以内", unit="share", better="higher"),
    "payment.weight.mean": MetricOut(title="平均权重偏差", unit="weight", better="zero"),
}
_N = 240
_MDC = ("MDCB", "MDCE", "MDCF", "MDCG", "MDCH", "MDCI", "MDCK", "MDCL", "MDCO", "MDCR")
_DEPARTMENTS = ("心血管内科", "呼吸与危重症医学科", "普外科", "神经内科", "妇产科")
_SHA = "0123456789abcdef" * 4


def invented_results(*, invented: bool = True, **run: object) -> Results:
    """Return a full run of six systems; fields of ``run`` replace those of the run."""
    dice = random.Random(20261201)
    systems = tuple(
        _system(name, title, level, dice, invented) for name, (title, level) in SYSTEMS.items()
    )
    return Results(
        task=TaskOut(
            id="coding-invented",
            version=1,
            kind="coding",
            title="虚构病历全文编码",
            title_en="Coding of invented records",
            question="由全部病程文书给出主要诊断、其他诊断与手术操作编码。",
            question_en="Principal diagnosis, other diagnoses and procedures of a whole record.",
            folds=5,
            code_set="nhsa-2.0",
            scheme="chs-drg-1.1",
            tariff="linyi-2022",
            citation="Zhibian authors (2026). Invented records <N>, H & K.",
            terms="随代码发布，Apache-2.0",
            terms_en="With the code, Apache-2.0",
            invented=invented,
            test=SplitOut(
                dataset="invented", split="N", n=_N, checksum=_SHA, held_out=True,
                contact="从未读过", contact_en="never read",
            ),
            learned_from=(
                SplitOut(dataset="invented", split="H", n=80, checksum=_SHA, held_out=False),
            ),
        ),
        run=RunOut.model_validate(
            {
                "command": "zhibian evaluate run coding-invented --seed 20250101",
                "created": "2026-12-01T03:00:00Z",
                "seed": 20250101,
                "draws": 2000,
                "hardware": HardwareOut(
                    cpu="Invented CPU", cores=2, memory_gib=16.0, accelerator=None,
                    python="3.11.9", platform="Linux",
                ),
                "versions": {"zhibian": "0.1.0", "chs-drg-1.1": "1.1@published", "numpy": "2.4.6"},
                "seeds": (1, 2, 3),
                **run,
            }
        ),
        metrics=METRICS,
        systems=systems,
        comparisons=tuple(_comparisons()),
        failures=(FailureOut(system="llm-endpoint", step="make", error="没有设置接口地址"),),
    )  # fmt: skip


def _figure(value: float, spread: float) -> FigureOut:
    return FigureOut(value=value, low=value - spread, high=value + spread * 0.9)


def _figures(level: float, dice: random.Random) -> dict[str, FigureOut]:
    found = {}
    for name, metric in METRICS.items():
        if metric.unit == "share":
            value = level + dice.uniform(-0.05, 0.08)
            found[name] = _figure(1 - value if metric.better == "lower" else value, 0.04)
        elif metric.unit == "yuan":
            found[name] = _figure(dice.uniform(-900, 900), 310)
        else:
            found[name] = _figure(dice.uniform(-0.2, 1.2), 0.06)
    return found


def _system(name: str, title: str, level: float, dice: random.Random, invented: bool) -> SystemOut:
    learns = name in {"majority", "tfidf-lr", "label-attention"}
    figures = _figures(level, dice)
    return SystemOut(
        name=name,
        title=title,
        learns=learns,
        versions={"zhibian": "0.1.0"},
        parameters={"C": 1.0, "min_df": 2} if name == "tfidf-lr" else {},
        notes={"unread": "2"} if name == "pipeline" else {},
        seed=1,
        n=_N,
        records=_N,
        learn_seconds=95.2 if learns else None,
        code_seconds=_N * dice.uniform(0.002, 0.4),
        figures=figures,
        strata={
            "mdc": {mdc: _stratum(dice.randint(3, 60), level, dice) for mdc in (*_MDC, "")},
            "department": {d: _stratum(dice.randint(10, 90), level, dice) for d in _DEPARTMENTS},
            "diagnoses": {p: _stratum(n, level, dice) for p, n in (("one", 30), ("several", 210))},
        },
        reliability=tuple(_reliability(dice)),
        confusion=tuple(_confusion(level, dice)),
        deviation=deviation_bins(_deviations(level, dice)),
        waterfalls=_waterfalls(dice),
        gallery=_gallery() if invented else (),
        seeds=tuple(
            SeedOut(seed=seed, learn_seconds=90.0, figures={"principal.exact": level})
            for seed in (1, 2, 3)
        )
        if learns
        else (),
        spread={"principal.exact": SpreadOut(mean=level, sd=0.012, n=3)} if learns else {},
    )


def _stratum(n: int, level: float, dice: random.Random) -> StratumOut:
    told = _figures(level, dice)
    kept = ("principal.exact", "others.micro_f1", "payment.amount.mean")
    return StratumOut(n=n, figures={name: told[name] for name in kept})


def _reliability(dice: random.Random) -> list[ReliabilityOut]:
    return [
        ReliabilityOut(
            low=place / 10,
            high=(place + 1) / 10,
            n=dice.randint(4, 90) * (1 + place**2),
            claimed=(place + 0.5) / 10,
            right=min(max((place + 0.5) / 10 + dice.uniform(-0.12, 0.06), 0), 1),
        )
        for place in range(2, 10)
    ]


def _confusion(level: float, dice: random.Random) -> list[ConfusionOut]:
    pairs = [ConfusionOut(gold=mdc, given=mdc, n=round(24 * level) + 1) for mdc in _MDC]
    for mdc in _MDC:
        other = dice.choice([*(m for m in _MDC if m != mdc), ""])
        pairs.append(ConfusionOut(gold=mdc, given=other, n=dice.randint(1, 6)))
    return pairs


def _deviations(level: float, dice: random.Random) -> list[float]:
    return [0.0 if dice.random() < level else round(dice.gauss(-300, 2500), 2) for _ in range(_N)]


def _waterfalls(dice: random.Random) -> tuple[WaterfallOut, ...]:
    changes = (
        ("principal", "更换主要诊断", round(dice.uniform(-60_000, 30_000), 2), 31),
        ("add_diagnosis", "增加其他诊断", round(dice.uniform(40_000, 120_000), 2), 154),
        ("remove_diagnosis", "删去其他诊断", round(dice.uniform(-90_000, -20_000), 2), 66),
        ("add_procedure", "增加手术操作", 0.0, 4),
        ("other", "无法分摊到单项改动", 1520.5, 2),
    )
    start = 2_310_450.25
    end = round(start + sum(amount for _, _, amount, _ in changes), 2)
    steps = (
        StepOut(kind="start", title="填报首页", amount=start, weight=234.21, n=_N),
        *(
            StepOut(kind=kind, title=title, amount=amount, weight=round(amount / 9865, 4), n=n)
            for kind, title, amount, n in changes
        ),
        StepOut(kind="end", title="系统给出", amount=end, weight=round(end / 9865, 4), n=_N),
    )
    back = (
        StepOut(kind="start", title="系统给出", amount=-1200.0, n=3),
        StepOut(kind="principal", title="更换主要诊断", amount=4200.0, n=2),
        StepOut(kind="end", title="金标准", amount=3000.0, n=3),
    )
    return (
        WaterfallOut(path="filed_to_given", title="从填报到系统给出", steps=steps),
        WaterfallOut(path="given_to_gold", title="从系统给出到金标准", steps=back),
    )


def _gallery() -> tuple[GalleryOut, ...]:
    return (
        GalleryOut(
            record="N07", part="principal", error="wrong", gold="I50.900x002",
            gold_name="慢性心力衰竭", given="I25.103", given_name="冠状动脉粥样硬化性心脏病",
            confidence=0.71,
            evidence=(GalleryQuote(document=0, quote="既往冠心病史 5 年 <未支架>"),),
            gold_evidence=(GalleryQuote(document=2, quote="胸闷、气促 3 天，BNP 2,350 pg/ml"),),
        ),
        GalleryOut(
            record="N11", part="others", error="missed", gold="E87.601", gold_name="低钾血症",
            given=None, gold_evidence=(GalleryQuote(document=1, quote="血钾 2.9 mmol/L，予补钾"),),
        ),
        GalleryOut(
            record="N12", part="must_not", error="forbidden", gold=None, given="I64.x00",
            given_name="脑卒中", gold_name="家族史：父亲脑卒中", confidence=0.4,
        ),
        GalleryOut(record="N13", part="group", error="other_group", gold="FR21", given="FR25"),
    )  # fmt: skip


def _comparisons() -> list[ComparisonOut]:
    return [
        ComparisonOut(
            metric=metric, ours=name, other="pipeline", difference=gap, low=gap - 0.06,
            high=gap + 0.05, p=p, p_holm=min(1.0, p * 10),
        )
        for metric in ("principal.exact", "others.micro_f1")
        for name, gap, p in (
            ("majority", -0.69, 0.0005), ("dictionary", -0.26, 0.0005), ("tfidf-lr", -0.33, 0.0005),
            ("retrieval", -0.30, 0.0005), ("label-attention", 0.01, 0.41),
        )
    ]  # fmt: skip
