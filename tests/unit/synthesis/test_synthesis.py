"""Synthetic front pages: the same for the same seed, valid, consistent, nearly all groupable."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from zhibian.cli.main import app
from zhibian.grouping import load_codebook, load_scheme
from zhibian.grouping.layout import LAYOUTS, InputFormat
from zhibian.grouping.severity import Level
from zhibian.grouping.table import group_file
from zhibian.grouping.table_files import open_table
from zhibian.grouping.types import Status
from zhibian.problems import InputError
from zhibian.synthesis.draw import BLOCK, SCHEMA, draw_block, frames
from zhibian.synthesis.model import Model, Request, build_model
from zhibian.synthesis.profile import load_profile
from zhibian.synthesis.statistics import describe, markdown
from zhibian.synthesis.vocabulary import FEMALE, MALE, Vocabulary
from zhibian.synthesis.write import write_cases
from zhibian.terminology.code_set import ICD9CM3_NHSA, ICD10_NHSA, load_code_set

SCHEME = "chs-drg-1.1"
REQUEST = Request(BLOCK + 100, 7, SCHEME, date(2025, 1, 1), date(2025, 12, 31), imperfect=0.02)
GROUPED = 4_000


@pytest.fixture(scope="module")
def model(rules: Path) -> Model:
    return build_model(rules, REQUEST)


@pytest.fixture(scope="module")
def perfect(model: Model) -> pl.DataFrame:
    """A block without faults."""
    return draw_block(_asked(model, imperfect=0.0), 0)


@pytest.fixture(scope="module")
def vocabulary(rules: Path) -> Vocabulary:
    return Vocabulary(
        load_code_set(rules, ICD10_NHSA).entries,
        load_code_set(rules, ICD9CM3_NHSA).entries,
        load_profile(rules).mix,
    )


def _asked(model: Model, *, cases: int = BLOCK, seed: int = 7, imperfect: float = 0.02) -> Model:
    request = replace(model.request, cases=cases, seed=seed, imperfect=imperfect)
    return replace(model, request=request)


def _codes(table: pl.DataFrame, column: str) -> set[str]:
    return set(table[column].drop_nulls().str.split("|").explode())


# --- the same rows for the same seed -------------------------------------------------------


def test_another_seed_draws_other_rows(model: Model) -> None:
    assert not draw_block(_asked(model, seed=8), 0).equals(draw_block(model, 0))


def test_fewer_cases_are_the_head_of_more(model: Model) -> None:
    more = pl.concat(frames(model))
    fewer = pl.concat(frames(_asked(model, cases=BLOCK + 3)))
    assert more.height == REQUEST.cases
    assert_frame_equal(fewer, more.head(BLOCK + 3))


def test_a_block_does_not_depend_on_those_before_it(model: Model) -> None:
    in_turn = pl.concat(frames(model)).tail(100)
    assert_frame_equal(draw_block(model, 1).head(100), in_turn)
    assert in_turn["id"][0] == f"SYN{BLOCK + 1:010d}"


@pytest.mark.parametrize("name", ["cases.csv", "cases.parquet"])
def test_files_have_the_same_bytes(model: Model, tmp_path: Path, name: str) -> None:
    told: list[int] = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        write_cases(model, tmp_path / folder / name, told.append)
    first = (tmp_path / "a" / name).read_bytes()
    assert first == (tmp_path / "b" / name).read_bytes()
    assert told == [BLOCK, 100] * 2
    assert [p.name for p in (tmp_path / "a").iterdir()] == [name]


def test_both_files_hold_what_was_drawn(model: Model, tmp_path: Path) -> None:
    drawn = pl.concat(frames(model))
    write_cases(model, tmp_path / "cases.csv")
    write_cases(model, tmp_path / "cases.parquet")
    assert_frame_equal(pl.read_parquet(tmp_path / "cases.parquet"), drawn)
    assert_frame_equal(pl.read_csv(tmp_path / "cases.csv", schema=SCHEMA), drawn)


# --- every row makes sense ------------------------------------------------------------------


def test_columns_are_valid(perfect: pl.DataFrame) -> None:
    assert perfect.schema == SCHEMA
    assert list(LAYOUTS[InputFormat.OWN].columns) == perfect.columns[:8]
    assert perfect["id"].is_unique().all()
    assert set(perfect["synthetic"]) == {1}
    assert set(perfect["sex"]) == {1, 2}
    assert perfect["age"].is_between(0, 99).all()
    assert set(perfect["discharge_way"]) == {1, 2, 3, 4, 5, 9}
    assert set(perfect["insurance"]) <= {1, 2, 5, 7}
    assert perfect["hospital"].n_unique() == REQUEST.hospitals
    assert (perfect["cost"] >= 300).all()
    for column in ("id", "principal", "department", "physician", "admitted", "cost"):
        assert perfect[column].null_count() == 0
    for column in ("others", "procedures"):
        assert not (perfect[column] == "").any()


def test_dates_and_hours_fit_the_stay(perfect: pl.DataFrame) -> None:
    nights = (perfect["discharged"] - perfect["admitted"]).dt.total_days()
    # 同日入出院计 1 天
    assert (perfect["days"] == nights.clip(1)).all()
    assert (nights == 0).any()
    assert perfect["discharged"].is_between(REQUEST.first, REQUEST.last).all()
    assert (perfect["icu_hours"] <= 24 * perfect["days"]).all()


def test_every_code_exists_and_may_be_filed(perfect: pl.DataFrame, vocabulary: Vocabulary) -> None:
    assert _codes(perfect, "principal") <= vocabulary.diagnoses.keys()
    assert _codes(perfect, "others") <= vocabulary.diagnoses.keys()
    assert _codes(perfect, "procedures") <= vocabulary.procedures.keys()


@pytest.mark.parametrize("column", ["principal", "others", "procedures"])
def test_sex_and_age_fit_every_code(
    perfect: pl.DataFrame, vocabulary: Vocabulary, column: str
) -> None:
    names = vocabulary.procedures if column == "procedures" else vocabulary.diagnoses
    pairs = perfect.select("sex", "age", code=pl.col(column).str.split("|")).explode("code")
    for sex, age, code in pairs.drop_nulls().unique().iter_rows():
        fit = vocabulary.fit(code, names)
        assert fit.sex in {0, sex}, code
        assert fit.youngest <= age <= fit.oldest, code


def test_newborns_have_days_and_weight(perfect: pl.DataFrame) -> None:
    infants = perfect.filter(pl.col("age") == 0)
    assert infants["age_days"].is_between(0, 364).all()
    assert perfect.filter(pl.col("age") > 0)["age_days"].null_count() == BLOCK - infants.height
    newborns = infants.filter(pl.col("age_days") <= 28)
    assert newborns.height > 100
    assert newborns["weight"].is_between(700, 5000).all()
    # 精确到 10 克
    assert (newborns["weight"] % 10 == 0).all()
    older = perfect.filter(pl.col("age_days").is_null() | (pl.col("age_days") > 28))
    assert older["weight"].null_count() == older.height


def test_no_diagnosis_stands_twice(perfect: pl.DataFrame) -> None:
    for principal, others in perfect.select("principal", "others").iter_rows():
        filed = [principal, *(others.split("|") if others else ())]
        assert len(set(filed)) == len(filed)


# --- what the table is like -----------------------------------------------------------------


def test_cases_without_faults_group(perfect: pl.DataFrame, model: Model, rules: Path) -> None:
    found = describe([perfect.head(GROUPED)], model.pack, load_codebook(rules))
    assert found.statuses[Status.INVALID] == 0
    assert found.statuses[Status.GROUPED] >= 0.995 * GROUPED
    assert 0.3 < found.kinds["surgical"] / GROUPED < 0.45
    assert 0.45 < found.levels[Level.NONE] / GROUPED < 0.65


def test_the_share_of_faults_is_what_was_asked_for(model: Model, rules: Path) -> None:
    spoilt = draw_block(_asked(model, imperfect=1.0), 0).head(GROUPED)
    found = describe([spoilt], model.pack, load_codebook(rules))
    assert found.statuses[Status.GROUPED] <= 0.01 * GROUPED
    mixed = draw_block(_asked(model, imperfect=0.1), 0)
    whole = draw_block(_asked(model, imperfect=0.0), 0)
    keys = ["sex", "age", "principal", "others", "procedures"]
    rows = zip(mixed.select(keys).iter_rows(), whole.select(keys).iter_rows(), strict=True)
    assert sum(a != b for a, b in rows) / BLOCK == pytest.approx(0.1, abs=0.01)


def test_severity_costs_days_and_money(perfect: pl.DataFrame) -> None:
    many = pl.col("others").str.count_matches(r"\|") >= 4
    means = perfect.group_by(many=many.fill_null(value=False)).agg(
        pl.col("days", "cost").mean(), dead=(pl.col("discharge_way") == 5).mean()
    )
    severe, light = (means.filter(pl.col("many") == v).row(0, named=True) for v in (True, False))
    assert severe["cost"] > light["cost"]
    assert severe["days"] > light["days"]
    assert severe["dead"] > light["dead"]


def test_conditions_come_in_clusters(perfect: pl.DataFrame) -> None:
    grown = perfect.filter(pl.col("age") >= 65).with_columns(pl.col("others").fill_null(""))
    high = pl.col("others").str.contains("I10")
    sweet = pl.col("others").str.contains("E11")
    with_high, without = grown.filter(high), grown.filter(~high)
    assert with_high.select(sweet.mean()).item() > 1.3 * without.select(sweet.mean()).item()


def test_few_codes_carry_many_cases(perfect: pl.DataFrame) -> None:
    counts = perfect["principal"].value_counts(sort=True)["count"]
    assert counts.head(counts.len() // 10).sum() > 0.6 * BLOCK
    assert counts.len() > 3_000


def test_every_core_group_occurs(model: Model) -> None:
    assert model.unreached == ()
    assert len(model.targets.kind) == 376


def test_every_other_scheme_works(rules: Path) -> None:
    made = build_model(rules, replace(REQUEST, scheme="chs-drg-2.0", imperfect=0.0))
    found = describe([draw_block(made, 0).head(1000)], made.pack, load_codebook(rules))
    assert found.statuses[Status.GROUPED] >= 990


def test_the_grouping_command_reads_the_table(model: Model, rules: Path, tmp_path: Path) -> None:
    source = tmp_path / "cases.csv"
    write_cases(_asked(model, cases=500), source)
    report = group_file(
        open_table(source),
        tmp_path / "grouped.csv",
        load_scheme(rules, SCHEME),
        LAYOUTS[InputFormat.OWN],
        codebook=load_codebook(rules),
    )
    assert report.rows == 500
    assert report.statuses[Status.GROUPED] >= 480


# --- profile --------------------------------------------------------------------------------


def test_every_prefix_of_the_profile_names_a_code(
    rules: Path, model: Model, vocabulary: Vocabulary
) -> None:
    profile = load_profile(rules)
    listed = [p for g in profile.mix.groups.values() for p in g.dx]
    listed += [p for c in profile.conditions.conditions for p in c.dx]
    operated = [p for g in profile.mix.groups.values() for p in g.px]
    operated += profile.mix.routine.px
    for prefixes, names in ((listed, vocabulary.diagnoses), (operated, vocabulary.procedures)):
        assert [p for p in prefixes if not any(c.startswith(p) for c in names)] == []
    groups = {a.code for m in model.pack.mdcs for a in m.adrgs}
    assert set(profile.mix.groups) <= groups


def test_faults_are_faults(rules: Path, model: Model) -> None:
    mix, book = load_profile(rules).mix, load_codebook(rules)
    assert not set(mix.unknown_diagnoses) & book.diagnoses
    assert not set(mix.unknown_procedures) & book.procedures
    assert set(mix.ungroupable_diagnoses) <= book.diagnoses
    spoilt = draw_block(_asked(model, imperfect=1.0), 0).filter(
        pl.col("principal").is_in(mix.ungroupable_diagnoses)
    )
    assert spoilt.height > 1_000


def test_a_code_of_both_sexes_fits_nobody(vocabulary: Vocabulary) -> None:
    prostate = vocabulary.fit("N40.x00", vocabulary.diagnoses)
    ovary = vocabulary.fit("D27.x00", vocabulary.diagnoses)
    assert (prostate.sex, ovary.sex) == (MALE, FEMALE)
    assert (prostate & ovary).empty


def test_a_damaged_profile_is_told_field_by_field(rules: Path, tmp_path: Path) -> None:
    shutil.copytree(rules / "synth", tmp_path / "synth")
    stay = tmp_path / "synth" / "stay.yaml"
    text = stay.read_text("utf-8")
    stay.write_text(
        text.replace("same_day: 0.12", "same_day: 12").replace("sigma: 0.5", "sigma: x"), "utf-8"
    )
    with pytest.raises(InputError) as told:
        load_profile(tmp_path)
    assert [p.field for p in told.value.problems] == [
        "stay.yaml length_of_stay.sigma",
        "stay.yaml length_of_stay.same_day",
    ]


def test_a_cause_must_stand_above(rules: Path, tmp_path: Path) -> None:
    shutil.copytree(rules / "synth", tmp_path / "synth")
    path = tmp_path / "synth" / "conditions.yaml"
    path.write_text(path.read_text("utf-8").replace("{hypertension: 2}", "{shock: 2}", 1), "utf-8")
    with pytest.raises(InputError, match=r"conditions\.yaml"):
        load_profile(tmp_path)


# --- command --------------------------------------------------------------------------------


def test_all_that_is_wrong_with_a_request_is_told_at_once(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        app,
        [
            *("synth", "--cases", "0", "--seed", "-1", "--hospitals", "0", "--imperfect", "2"),
            *("--from", "2025-12-31", "--to", "2025-01-01"),
            *("--output", str(tmp_path / "absent" / "cases.xlsx")),
        ],
    )
    assert result.exit_code == 2
    for option in ("--cases", "--seed", "--hospitals", "--imperfect", "--to"):
        assert f"{option}：" in result.output
    assert result.output.count("--output：") == 2


def test_without_an_output_nothing_is_drawn() -> None:
    result = CliRunner().invoke(app, ["synth", "--cases", "5", "--seed", "1"])
    assert result.exit_code == 2
    assert "没有输出文件" in result.output


def test_an_unknown_scheme_is_told(tmp_path: Path) -> None:
    output = str(tmp_path / "cases.csv")
    options = ["--cases", "5", "--seed", "1", "--scheme", "no-such", "--output", output]
    result = CliRunner().invoke(app, ["synth", *options])
    assert result.exit_code == 2
    assert "没有这个分组方案" in result.output


def test_the_command_writes_what_a_model_draws(model: Model, tmp_path: Path) -> None:
    output = tmp_path / "cases.parquet"
    options = ["--cases", "300", "--seed", "7", "--imperfect", "0.02", "--statistics"]
    result = CliRunner().invoke(app, ["synth", *options, "--output", str(output)])
    assert result.exit_code == 0
    assert "已写入 300 例" in result.output
    assert "| cases | 300 |" in result.output
    assert_frame_equal(pl.read_parquet(output), draw_block(model, 0).head(300))


def test_an_empty_table_has_statistics_too(model: Model, rules: Path) -> None:
    found = describe([], model.pack, load_codebook(rules))
    assert "| cases | 0 |" in markdown(found, SCHEME)
