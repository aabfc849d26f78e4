"""Why a case has no group (未入组原因), and what a coder can do about it.

The enumeration is the one that public groupers and the official workbook's
readers share, so that reports of different systems can be compared.
"""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Reason of a case without a group."""

    INPUT_INVALID = "INPUT_INVALID"
    DX_NOT_IN_DICT = "DX_NOT_IN_DICT"
    DX_NOT_MAPPABLE = "DX_NOT_MAPPABLE"
    PROC_NOT_IN_DICT = "PROC_NOT_IN_DICT"
    PROC_NOT_MAPPABLE = "PROC_NOT_MAPPABLE"
    PDX_NOT_GROUPABLE = "PDX_NOT_GROUPABLE"
    PDX_NO_MDC = "PDX_NO_MDC"
    PDX_SEX_MISMATCH = "PDX_SEX_MISMATCH"
    NEWBORN_ERROR = "NEWBORN_ERROR"
    DATA_MISSING = "DATA_MISSING"
    NO_ADRG = "NO_ADRG"
    QY = "QY"
    EXCLUDED_CASE = "EXCLUDED_CASE"
    NOT_COVERED = "NOT_COVERED"

    @property
    def chinese(self) -> str:
        """Return what it means."""
        return _TEXTS[self][0]

    @property
    def remedy(self) -> str:
        """Return what a coder can do."""
        return _TEXTS[self][1]


_TEXTS: dict[Reason, tuple[str, str]] = {
    Reason.INPUT_INVALID: (
        "性别、年龄、日龄、体重或主要诊断缺失或不合格式",
        "按提示逐项补全首页后重新分组",
    ),
    Reason.DX_NOT_IN_DICT: (
        "诊断编码不在医保版 ICD-10 2.0 中",
        "核对编码版本；临床版编码先转换为医保版",
    ),
    Reason.DX_NOT_MAPPABLE: ("诊断编码没有对应的医保版编码", "按诊断名称改选医保版细目编码"),
    Reason.PROC_NOT_IN_DICT: (
        "手术操作编码不在医保版 ICD-9-CM-3 2.0 中",
        "核对编码版本；临床版编码先转换为医保版",
    ),
    Reason.PROC_NOT_MAPPABLE: ("手术操作编码没有对应的医保版编码", "按手术名称改选医保版细目编码"),
    Reason.PDX_NOT_GROUPABLE: (
        "主要诊断是灰码，不能作主要诊断入组",
        "改用同一类目下的细目编码",
    ),
    Reason.PDX_NO_MDC: (
        "主要诊断不在任何主要诊断大类中",
        "核对主要诊断的选择；症状、既往史、外因类编码一般不能作主要诊断",
    ),
    Reason.PDX_SEX_MISMATCH: ("主要诊断与性别不符", "核对性别与主要诊断"),
    Reason.NEWBORN_ERROR: (
        "新生儿分组需要的日龄或体重缺失",
        "补填年龄不足 1 周岁的日龄（天）和新生儿体重（克）",
    ),
    Reason.DATA_MISSING: (
        "本方案分组需要的住院天数、离院方式、科别或重症监护时长缺失",
        "补填缺失的项目后重新分组",
    ),
    Reason.NO_ADRG: (
        "主要诊断已进入主要诊断大类，但没有符合的核心组",
        "核对主要诊断是否可以更具体，核对年龄与手术操作",
    ),
    Reason.QY: (
        "有效手术操作与主要诊断不在同一主要诊断大类，为歧义组",
        "核对主要诊断与主要手术操作的选择和顺序",
    ),
    Reason.EXCLUDED_CASE: ("排除病例", "按本地规定另行处理"),
    Reason.NOT_COVERED: (
        "规则包的来源不足以判断本例",
        "改用完整的分组方案，或导入官方规则表；来源不一之处见规则包说明",
    ),
}
