"""The nouns of use control 用途管制的概念: verdicts, stages, activities, roles, projects. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from spatial.catalogue.contract import Title


class Verdict(StrEnum):
    """What is judged 审查结论."""

    COMPLIES = "complies"
    BREACHES = "breaches"
    NEEDS_CASE = "needs-justification"
    UNDECIDED = "undecided"
    """A layer or a fact is missing or out of date; never taken for compliance."""
    NOT_APPLICABLE = "not-applicable"

    @property
    def label(self) -> Title:
        """As planners say it."""
        return _VERDICTS[self]

    @property
    def document(self) -> dict[str, str]:
        """As JSON has it."""
        return {"id": self.value, "zh": self.label.zh, "en": self.label.en}


_VERDICTS: Final = {
    Verdict.COMPLIES: Title("符合", "complies"),
    Verdict.BREACHES: Title("不符合", "does not comply"),
    Verdict.NEEDS_CASE: Title("需论证", "needs justification"),
    Verdict.UNDECIDED: Title("无法判定", "cannot be decided"),
    Verdict.NOT_APPLICABLE: Title("不适用", "does not apply"),
}
_GRAVITY: Final = (
    Verdict.BREACHES,
    Verdict.UNDECIDED,
    Verdict.NEEDS_CASE,
    Verdict.COMPLIES,
    Verdict.NOT_APPLICABLE,
)


def gravest(verdicts: list[Verdict]) -> Verdict:
    """The verdict over several: what cannot be decided outweighs what only needs a case.

    >>> gravest([Verdict.COMPLIES, Verdict.NEEDS_CASE, Verdict.UNDECIDED]).label.zh
    '无法判定'
    """
    return min(verdicts, key=_GRAVITY.index, default=Verdict.NOT_APPLICABLE)


STAGES: Final[Mapping[str, Title]] = {
    "preliminary": Title("预审与选址", "preliminary review and siting"),
    "conversion": Title("农用地转用与征收", "conversion and expropriation"),
    "land-permit": Title("用地规划许可", "land use permit"),
    "works-permit": Title("工程规划许可", "works permit"),
    "verified": Title("规划核实", "verification"),
}
"""Stages of approval 审批环节; the chain is from practitioners 待核."""
ACTIVITIES: Final[Mapping[str, Title]] = {
    "urban-construction": Title("城镇建设", "urban construction"),
    "village-construction": Title("村庄建设", "village construction"),
    "industry": Title("工业仓储", "industry and storage"),
    "linear-infrastructure": Title("线性基础设施", "linear infrastructure"),
    "water-works": Title("防洪供水", "flood control and water supply"),
    "major-national": Title("国家重大项目", "major national project"),
    "farm-facility": Title("设施农业", "farm facility"),
    "mining": Title("采矿", "mining"),
    "tourism": Title("旅游", "tourism"),
    "restoration": Title("生态修复", "ecological restoration"),
    "monitoring": Title("科研监测管护", "research, monitoring, care"),
    "other": Title("其他", "other"),
}
"""What a project does 活动类型."""


@dataclass(frozen=True, slots=True)
class Role:
    """A part that a layer plays in judgements 图层角色, apart from how it is called where it is kept."""

    id: str
    title: Title
    layer: str
    """The layer of the catalogue that plays it."""
    of_plan: bool
    """Features belong to a version of a plan, and count while that version is in force."""
    theme: bool
    """It restricts what may be done, and is told in extracts."""
    document: str | None
    """Field that names the document a feature rests on, where it is no plan."""
    year: str | None
    """Field with the year of the data, where it goes out of date."""
    years_kept: int
    """After so many years the data is out of date 过期."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """Something a project says of itself."""

    name: str
    title: Title
    kind: str
    """``text``, ``number``, ``boolean``"""
    unit: str | None = None


ATTRIBUTES: Final = (
    Attribute("code", Title("项目代码", "project code"), "text"),
    Attribute("name", Title("项目名称", "name"), "text"),
    Attribute("stage", Title("审批环节", "stage"), "text"),
    Attribute("activity", Title("活动类型", "activity"), "text"),
    Attribute("use_code", Title("拟用地用海分类(2023)", "intended class of 2023"), "text"),
    Attribute("far", Title("容积率", "floor area ratio"), "number", "1"),
    Attribute("density_pct", Title("建筑密度", "site coverage"), "number", "%"),
    Attribute("height_m", Title("建筑高度", "height"), "number", "m"),
    Attribute("green_pct", Title("绿地率", "green ratio"), "number", "%"),
    Attribute("standard_m2", Title("用地标准核定面积", "area by the land-use standard"), "number", "m2"),
    Attribute("compensation_m2", Title("补充耕地面积", "farmland made good"), "number", "m2"),
    Attribute("compensation_paddy_m2", Title("补充水田面积", "paddy made good"), "number", "m2"),
    Attribute("compensation_grade", Title("补充耕地等别", "grade of the farmland made good"), "number"),
    Attribute("justified", Title("已有不可避让论证", "unavoidability is argued"), "boolean"),
)
"""What a project may say of itself; a rule that needs what is not said cannot decide."""


@dataclass(frozen=True, slots=True)
class Project:
    """What is to be judged 项目: a site and what is intended there."""

    wkb: bytes = field(repr=False)
    """MultiPolygon in degrees of CGCS2000, canonical to 1e-9°."""
    facts: Mapping[str, Any]
    """Its attributes by name, only those given."""


@dataclass(frozen=True, slots=True)
class State:
    """A layer as it was read: pinned, so that it can be read again."""

    layer: str
    changeset: int
    chain_sha256: str
    """Hash of the ledger up to there, hexadecimal."""

    @property
    def document(self) -> dict[str, Any]:
        """As JSON has it."""
        return {"changeset": self.changeset, "chain_sha256": self.chain_sha256}


@dataclass(frozen=True, slots=True)
class Asked:
    """When: the instant of valid time, and what was believed at another."""

    at: datetime
    asof: datetime | None = None
