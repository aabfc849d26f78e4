"""What identifies a person, as data (去标识化规则): ``rules/deidentify``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from zhibian.problems import InputError, Problem
from zhibian.terminology.tables import read_text, read_yaml

FOLDER = "deidentify"
PATTERNS = "patterns.yaml"
NAMES = "names.yaml"
ORGANISATIONS = "organisations.yaml"
SURNAMES = "surnames.txt"
PLACES = "places.txt"
FORMAT = "zhibian-deidentify/2"
_REMEDY = "从版本库恢复 rules/deidentify"

Kind = Literal["name", "id_card", "phone", "address", "organisation", "record_number", "contact"]
KINDS: tuple[Kind, ...] = get_args(Kind)

_HAN = "[\u4e00-\u9fff]"
#: A character that an address written in one run may hold.
_LOWER = f"(?:(?![医院病科术诊者在于到至由转住]){_HAN})"
_LATIN = r"[A-Z][A-Za-z'.\-]*(?: [A-Z][A-Za-z'.\-]*){1,3}"


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way in which an identifier is written: its first group, or all of it, is replaced.

    Attributes
    ----------
    checked
        The check digit of an identity number must be right.
    trimmed
        Words that lead up to it are not part of it.
    excluded
        What stands in its place but tells nothing, such as 不详.
    """

    kind: Kind
    regex: re.Pattern[str]
    checked: bool
    trimmed: bool
    excluded: frozenset[str]


@dataclass(frozen=True, slots=True)
class NameRules:
    """How names are told (人名规则).

    Attributes
    ----------
    in_context
        Patterns of a name by what stands around it; the group ``name`` holds it.
    lists
        Words after which one name or a list of names stands; ``strong`` holds those that nothing
        but names follow, ``weak`` those that are also ordinary words.
    item, separator
        One entry of such a list, and what stands between two.
    another
        A further name behind one that was found (、王芳).
    title, before_title
        A professional title; what may stand before the name that precedes it.
    courtesy
        A form of address (女士); only a surname's bearer stands before it.
    surnamed
        A whole name that begins with a surname, or a surname alone.
    patients
        Words for the patient, which stand right before the name.
    not_names
        Words that look like names.
    not_inside
        Characters that names without a known surname do not hold.
    boundary
        What follows a name.
    """

    in_context: tuple[re.Pattern[str], ...]
    lists: tuple[re.Pattern[str], ...]
    item: re.Pattern[str]
    separator: re.Pattern[str]
    another: re.Pattern[str]
    title: re.Pattern[str]
    before_title: re.Pattern[str]
    courtesy: re.Pattern[str]
    surnamed: re.Pattern[str]
    patients: tuple[str, ...]
    not_names: tuple[str, ...]
    not_inside: frozenset[str]
    boundary: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class OrganisationRules:
    """How organisations are told (机构规则).

    Attributes
    ----------
    suffix
        The word an organisation's name ends in.
    lead
        Words that lead up to a name and are not part of it.
    generic, generic_edge
        Words that name no organisation, and those of one character, which count only at its ends.
    place
        A province or city, which makes any organisation a named one.
    employer
        Words after which an organisation stands whatever it ends in; the first group holds it.
    not_employers
        What stands there and names none, such as 无业.
    """

    suffix: re.Pattern[str]
    lead: re.Pattern[str]
    generic: re.Pattern[str]
    generic_edge: re.Pattern[str]
    place: re.Pattern[str]
    employer: re.Pattern[str]
    not_employers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the finder needs (去标识化规则).

    Attributes
    ----------
    titles
        Kind to the Chinese word that stands for it in the text.
    patterns
        Fixed ways of writing.
    names, organisations
        What takes more than a pattern.
    """

    titles: Mapping[Kind, str]
    patterns: tuple[Pattern, ...]
    names: NameRules
    organisations: OrganisationRules


def load_rules(rules: Path) -> Rules:
    """Read the rules of de-identification.

    Parameters
    ----------
    rules
        Folder of the rule data.

    Raises
    ------
    InputError
        A file is absent, of another format, or a pattern is no pattern.
    """
    folder = rules / FOLDER
    told = read_yaml(folder / PATTERNS, _REMEDY)
    try:
        if told["format"] != FORMAT or set(told["kinds"]) != set(KINDS):
            raise ValueError(FORMAT)
        places = _places(read_text(folder / PLACES, _REMEDY))
        surnames = _words(read_text(folder / SURNAMES, _REMEDY))
        return Rules(
            titles=told["kinds"],
            patterns=tuple(_pattern(entry, places) for entry in told["patterns"]),
            names=_name_rules(read_yaml(folder / NAMES, _REMEDY), surnames),
            organisations=_organisation_rules(
                read_yaml(folder / ORGANISATIONS, _REMEDY), told["employers"], places
            ),
        )
    except (KeyError, TypeError, ValueError, re.error):
        problem = Problem(PATTERNS, "deidentify_invalid", "去标识化规则缺项或写法无效", _REMEDY)
        raise InputError(PATTERNS, [problem]) from None


def _words(text: str) -> list[str]:
    return [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]


def _places(text: str) -> Mapping[str, str]:
    """Return the alternatives of each section of the list of places."""
    province, city, same = (_words(part) for part in re.split(r"\[(?:省|市|同形)\]", text)[1:])
    return {
        "{province}": _either(province),
        "{city}": _either(city),
        "{same}": _either(same),
        "{lower}": _LOWER,
    }


def _pattern(entry: Mapping[str, Any], places: Mapping[str, str]) -> Pattern:
    written = entry["pattern"]
    for mark, alternatives in places.items():
        written = written.replace(mark, alternatives)
    return Pattern(
        kind=entry["kind"],
        regex=re.compile(written, re.M),
        checked=entry.get("check") == "id_card",
        trimmed=bool(entry.get("trim")),
        excluded=frozenset(entry.get("not", ())),
    )


def _organisation_rules(
    told: Mapping[str, Any], employers: str, places: Mapping[str, str]
) -> OrganisationRules:
    single = "".join(word for word in told["generic"] if len(word) == 1)
    return OrganisationRules(
        suffix=re.compile(f"(?:{_either(told['suffixes'])})(?!{_either(told['not_before'])})"),
        lead=re.compile(f"(?P<kept>{_either(told['not_leads'])})|(?:{_either(told['leads'])})"),
        generic=re.compile(_either(_long([*told["generic"], *told["suffixes"]]))),
        generic_edge=re.compile(rf"^[{single}]+|[{single}]+$"),
        place=re.compile(f"{places['{province}']}|{places['{city}']}"),
        employer=re.compile(employers, re.M),
        not_employers=tuple(told["not_employers"]),
    )


def _name_rules(told: Mapping[str, Any], surnames: Sequence[str]) -> NameRules:
    compound = _either([name for name in surnames if len(name) > 1])
    single = f"[{''.join(name for name in surnames if len(name) == 1)}]"
    titles, courtesies = _either(told["titles"]), _either(told["courtesies"])
    follows = _either(told["follows"])
    kin = _either(told["kin"])
    dotted = rf"{_HAN}{{1,8}}(?:·{_HAN}{{1,8}})+"
    apart = rf"(?!{titles}|{courtesies}|{_either(_long(told['follows']))})"
    given = rf"(?:{apart}{_HAN}){{1,2}}"
    surnamed = rf"(?:{dotted}|(?:{compound}){given}|{single}{given})"
    spaced = rf"{single} {{1,2}}{_HAN}(?=\s{{2}}|\s*$|[|,;)])"
    whole = rf"(?:{dotted}|(?!{_either(told['patients'])}){_HAN}{{2,6}})"
    lazy = rf"(?:{dotted}|{_HAN}{{2,6}}?)"
    boundary = rf"(?=[^\u4e00-\u9fff·]|$|{titles}|{courtesies}|{follows})"
    closed = r"(?![\u4e00-\u9fff·])"
    after = f"(?:{'|'.join(told['told_after'])})"
    any_kin = rf"(?:(?:{_either(told['kin_leads'])})(?:{kin})|{_either(_long(told['kin']))})"
    sign = r"(?:\([^)]{1,8}\))?\*?(?P<sign>[ ]{0,4}:\s*|[ ]+|)"
    start = r"(?:^|(?<=[\s,。;:、|(\[】]))"
    phone = r"\s?[,(:]?\s?(?:\(?电话|手机|[0-9]{3,4}-|1[3-9][0-9]{9})"
    end = (
        r"(?=[ ]*(?:/[ ]*[\u4e00-\u9fff·]{2,6}[ ]*)*"
        r"(?:(?:[0-9]{4}|[0-9]{1,2}:)[0-9年月日:\-./ ]*)?$)"
    )
    return NameRules(
        in_context=tuple(
            re.compile(written, re.M)
            for written in (
                # 患者王建国因胸痛入院
                rf"(?:{_either(told['patients'])})[:,\s]?(?P<name>{surnamed}){boundary}"
                rf"(?={after}|因|于|系|[(]|家属|之)",
                # 患者次旺多吉，男，38岁
                rf"(?:^|[。;:|床\s]|患者|患儿|病人|病员|产妇|孕妇|伤者|死者)\s*"
                rf"(?P<name>{whole})(?={after})",
                # 分诊：李强 男 52岁
                rf"{start}(?P<name>{surnamed})(?={after})",
                # 家属王芳芳不同意
                rf"(?:{_either(told['patients'])}|{any_kin})"
                rf"(?P<name>(?![{told['word_surnames']}])(?:{compound}|{single})"
                rf"(?:{apart}{_HAN})(?!{follows}){apart}{_HAN})",
                # 其子乐新民、儿媳阎晓红
                rf"(?:{any_kin})(?:姓名)?[:,\s]?(?P<name>{surnamed}){boundary}",
                # 翻译德吉，电话
                rf"(?:{any_kin})(?:姓名)?[:,\s]?(?P<name>{lazy})(?=陪|代诉|{phone})",
                # 旺堆（患者长子）
                rf"{start}(?P<name>{whole})"
                rf"(?=\((?:系?患[者儿])?(?:之|的)?(?:{kin}|本人|患者本人)\)?)",
                # 王芳（血液科）：
                rf"{start}(?P<name>{surnamed})(?=\([\u4e00-\u9fff]{{1,8}}(?:科|室|中心)\))",
                # 系田春花之子
                rf"(?:{start}|系|为)(?P<name>{surnamed})(?=之[子女妻夫父母]|家属)",
                # 王芳（13812345678）
                rf"{start}(?P<name>{surnamed})(?={phone})",
                # 15床水永强引流液淡红
                rf"床(?![位旁边上头])\s?(?P<name>{surnamed}){boundary}",
                rf"[0-9]床(?![位旁边上头])\s?(?P<name>{single}(?:{apart}{_HAN}){{2}})",
                # 神经内科 隗志平
                rf"(?:科|室|中心|病区|病房|组|院)[ ]+(?P<name>{surnamed})(?=\s|$|[(,/])",
                # 责任护士苏畅
                rf"(?:{titles}):?(?P<name>{surnamed}){boundary}",
                # signatures: 病情平稳。 王芳 10:30
                rf"(?:^[ ]*|。|[.;)!?%0-9][ ]+|[ ]{{3,}})[ ]*(?P<name>{surnamed}){closed}{end}",
                # 王芳/李强
                rf"(?:^[ ]*|[ ]{{3,}}|[。;)][ ]*){surnamed}[ ]*/[ ]*(?P<name>{surnamed}){closed}",
                # the last line of a text alone
                rf"。[ ]*\n+[ ]*(?P<name>{whole})[ ]*\Z",
                rf"(?:{_HAN})(?:/|[ ]/[ ])(?P<name>{whole})[ ]*$",
                # Li Na 女
                rf"[\s:|(](?P<name>{_LATIN})(?=[\s|(,]{{1,3}}(?:男|女))",
            )
        ),
        lists=(
            re.compile(
                rf"(?:(?P<strong>{_spread(told['labels'])})"
                rf"|(?P<role>{_spread(told['role_labels'])})"
                rf"|(?<!{_HAN})(?P<weak>{_spread(told['weak_labels'])})){sign}"
            ),
            re.compile(
                rf"(?<!{_HAN})(?P<weak>{_HAN}{{1,6}}?(?:{_either(told['people'])}))"
                rf"{sign}"
            ),
        ),
        item=re.compile(
            rf"(?:(?:{titles})\s?)?(?P<name>{spaced}|{_LATIN}|{surnamed}{boundary}|{whole})"
            rf"(?:\s?\([^)]{{1,12}}\))?(?:\s?(?:{titles}|{courtesies}))*"
        ),
        separator=re.compile(r"\s*[、/,;与和及|]\s*|[ ]+"),
        another=re.compile(rf"[、/](?P<name>{surnamed}){boundary}"),
        title=re.compile(titles),
        before_title=re.compile(rf"(?:^|[^\u4e00-\u9fff]|{_either(told['leads'])})\Z", re.M),
        courtesy=re.compile(courtesies),
        surnamed=re.compile(rf"{dotted}|(?:{compound}){_HAN}{{0,2}}|{single}{_HAN}{{0,2}}"),
        patients=tuple(told["patients"]),
        not_names=tuple(told["not_names"]),
        not_inside=frozenset(told["not_inside"]),
        boundary=re.compile(boundary),
    )


def _long(words: Sequence[str]) -> list[str]:
    return [word for word in words if len(word) > 1]


def _either(words: Sequence[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(set(words), key=len, reverse=True))


def _spread(words: Sequence[str]) -> str:
    """Return alternatives of words as forms space them: 姓　名."""
    return "|".join(
        " {0,4}".join(map(re.escape, word)) for word in sorted(set(words), key=len, reverse=True)
    )
