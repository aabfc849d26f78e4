"""``zhibian train principal``: the ranker of principal diagnoses (主要诊断排序模型)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from zhibian.cli.common import RulesOption, case_limits, refuse
from zhibian.cli.outputs import OutputFile, Source, check_outputs
from zhibian.evaluation.gold_files import read_gold_cases
from zhibian.evaluation.matching import accepted_principal
from zhibian.problems import InputError
from zhibian.records.case_file import SUFFIXES
from zhibian.review.reviewer import NO_TARIFF, load_reviewer
from zhibian.settings import Settings
from zhibian.terminology.tables import write_yaml


def principal(
    folder: Annotated[Path, typer.Argument(help="含 gold 块的病例文件夹（JSON 或 YAML）。")],
    output: Annotated[Path, typer.Option("--output", help="写出 principal_ranker.yaml。")],
    pattern: Annotated[str, typer.Option(help="只用文件名相符者，如 [HKLN]*。")] = "*",
    ccl25: Annotated[Path | None, typer.Option("--ccl25", help="CCL25 任务8 的全文病例。")] = None,
    rules: RulesOption = None,
) -> None:
    """Fit the ranker; write the learned weights only where they are nowhere worse."""
    settings = Settings()
    where = rules or settings.rules
    try:
        check_outputs(
            "train principal",
            [Source("FOLDER", folder, SUFFIXES), Source("--ccl25", ccl25)],
            [OutputFile("--output", output)],
        )
        from zhibian.training import principal as training  # noqa: PLC0415

        reviewer = load_reviewer(where, settings.scheme, NO_TARIFF, None)
        knowledge = reviewer.knowledge
        cases = [
            (read.case, accepted_principal(gold))
            for read, gold in read_gold_cases(folder, pattern, case_limits(settings), reviewer)
        ]
        found = training.examples(cases, "records", knowledge, None)
        if ccl25 is not None:
            found += training.examples(
                training.ccl25_cases(ccl25, case_limits(settings)),
                "ccl25",
                knowledge,
                training.CATEGORY,
            )
        hand = knowledge.principal_rules.ranker.prior
        figures = training.cross_validate(found, hand)
        learned = training.fit(found, hand) if training.beats(figures) else None
        content, comment = training.as_file(figures, learned, knowledge.principal_rules.ranker)
    except InputError as error:
        raise refuse(error.problems, error.source) from None
    write_yaml(output, content, comment)
    typer.echo(json.dumps(figures, ensure_ascii=False, indent=1))
    typer.echo(f"已写出 {output}：{content['origin']}")
