"""Twelve invented admissions to learn from: three illnesses, four patients each."""

from __future__ import annotations

from typing import Any

_ILLNESSES = (
    (
        "J18.900",
        ("J96.900", "I10.x00x002"),
        "咳嗽、发热{n}天",
        "患者{n}天前受凉后出现咳嗽、咳黄痰，体温38.{n}℃，伴气促，胸部CT示右肺下叶斑片影。",
        "1.肺炎 2.呼吸衰竭 3.高血压病",
    ),
    (
        "K35.800",
        ("E11.900",),
        "转移性右下腹痛{n}小时",
        "患者{n}小时前出现脐周疼痛，后转移并固定于右下腹，麦氏点压痛、反跳痛阳性。",
        "1.急性阑尾炎 2.2型糖尿病",
    ),
    (
        "S72.000",
        ("M81.900", "I10.x00x002"),
        "摔伤致右髋疼痛{n}小时",
        "患者{n}小时前不慎摔倒，右髋着地，疼痛、活动受限，X线示右股骨颈骨折，骨质疏松。",
        "1.股骨颈骨折 2.骨质疏松 3.高血压病",
    ),
)


def invented_cases() -> list[dict[str, Any]]:
    """Return the cases, as `json.load` would."""
    return [
        {
            "format": "zhibian-case/1",
            "id": f"invented-{principal[0]}{n}",
            "admission": None,
            "documents": [
                {
                    "type": "入院记录",
                    "text": f"主诉：{complaint.format(n=n)}。\n现病史：{story.format(n=n)}\n"
                    f"既往史：否认肝炎、结核病史，{n}0年前曾患水痘。\n家族史：无特殊。",
                },
                {"type": "出院记录", "text": f"出院诊断：{diagnoses}"},
            ],
            "coded_front_page": {
                "principal": {"code": principal},
                "others": [{"code": code} for code in others],
            },
        }
        for principal, others, complaint, story, diagnoses in _ILLNESSES
        for n in (2, 3, 5, 7)
    ]
