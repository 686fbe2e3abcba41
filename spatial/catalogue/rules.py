"""The rules of contracts: what a layer contract 图层契约 may say. Pure judgements.

``problems`` looks at meaning (a key that is a field, a legend that draws the
geometry it has); whether a TOML file has the right keys and types is judged by
``declaration``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from spatial.catalogue import ladder, legend_rules
from spatial.catalogue.contract import Contract, Field, FieldType, HeightType, Secrecy, Title
from spatial.catalogue.pattern import matches, pattern_fault
from spatial.catalogue.problem import Problem
from spatial.errors import BadContract

GEOMETRIES = ("Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon")

RESERVED_NAMES = frozenset(
    {"fid", "valid_from", "valid_to", "recorded_from", "recorded_to", "opened_by", "closed_by"}
    | {"changeset", "geom", "geometry", "feature", "content_sha256", "line", "remove"}
    | {"next_from", "expected_changeset"}
    | {"asof", "datetime", "bbox", "crs", "limit", "f", "filter"}
    | {"after", "count", "id", "lang", "profile", "properties", "q", "sortby"}
)
"""Names the store, the exchange or the doors use themselves: columns, and query parameters."""

RESERVED_IDS = frozenset({"records"})
"""Names of collections that are not layers."""

_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_NAME = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*")
_LONGEST_ID = 40
_LONGEST_NAME = 59
_NUMERIC = (FieldType.INTEGER, FieldType.NUMBER)
INDEXED_CHARACTERS = 600
"""An entry of an index holds 2,704 bytes, a character of UTF-8 takes up to four."""


def problems(contract: Contract) -> tuple[Problem, ...]:
    """Everything that is wrong with a contract; empty where it may be published."""
    return (
        *_identity(contract),
        *_fields(contract),
        *_key(contract),
        *legend_rules.problems(contract),
        *_quality(contract),
        *(Problem(*told) for told in ladder.faults(contract)),
    )


def accept(contract: Contract, origin: str = "") -> Contract:
    """The contract itself where it keeps the rules; ``BadContract`` naming every breach otherwise."""
    refuse(problems(contract), origin or contract.id)
    return contract


def refuse(found: Sequence[Problem], origin: str) -> None:
    """Raise ``BadContract`` when there are problems; the message tells all, up to ten."""
    if not found:
        return
    more_zh, more_en = ("", "") if len(found) <= 10 else (f";共 {len(found)} 处", f"; {len(found)} in all")
    raise BadContract(
        f"图层契约 {origin} 有误:" + ";".join(f"{p.where}:{p.zh}" for p in found[:10]) + more_zh,
        f"bad layer contract {origin}: " + "; ".join(f"{p.where}: {p.en}" for p in found[:10]) + more_en,
        value=found[0].value,
        details={
            "origin": origin,
            "problems": [{"where": p.where, "zh": p.zh, "en": p.en, "value": repr(p.value)} for p in found],
        },
    )


def _identity(contract: Contract) -> Iterator[Problem]:
    if not _ID.fullmatch(contract.id) or len(contract.id) > _LONGEST_ID:
        yield Problem(
            "id",
            f"须为小写字母、数字和连字符,字母开头,至多 {_LONGEST_ID} 个字符:{contract.id}",
            f"use lower-case letters, digits and single hyphens, a letter first, at most {_LONGEST_ID}"
            f" characters: {contract.id}",
            contract.id,
        )
    if contract.id in RESERVED_IDS:
        yield Problem(
            "id",
            f"为平台自用,请换一个:{contract.id}",
            f"is used by the platform itself, take another: {contract.id}",
            contract.id,
        )
    for where, title in (
        ("title", contract.title),
        ("description", contract.description),
        ("valid_time", contract.valid_time),
    ):
        yield from _title(where, title)
    for where, text, zh, en in (
        (
            "steward",
            contract.steward,
            "须写明唯一的主管部门(谁主管谁负责)",
            "name the one department that owns it",
        ),
        (
            "source_standard",
            contract.source_standard,
            "须写明标准条款或数据来源",
            "name the standard or the source",
        ),
    ):
        if not text.strip():
            yield Problem(where, f"{zh}:{text!r}", f"{en}: {text!r}", text)
    if contract.geometry is not None and contract.geometry not in GEOMETRIES:
        allowed = ", ".join(GEOMETRIES)
        yield Problem(
            "geometry",
            f"须为 {allowed} 之一,无几何写 none:{contract.geometry}",
            f"use one of {allowed}, or none: {contract.geometry}",
            contract.geometry,
        )
    if contract.geometry is None and contract.height_type is not HeightType.NONE:
        yield Problem(
            "height_type",
            f"无几何的图层须为 none:{contract.height_type}",
            f"a layer without geometry has height_type none: {contract.height_type}",
            contract.height_type,
        )
    if not 1e-12 <= contract.precision_deg <= 1e-3:
        yield Problem(
            "precision_deg",
            f"须在 1e-12 与 1e-3 度之间(1e-9 度约 0.1 毫米):{contract.precision_deg}",
            f"must lie between 1e-12 and 1e-3 degrees (1e-9 is about 0.1 mm): {contract.precision_deg}",
            contract.precision_deg,
        )
    if contract.search_index and not any(
        field.type is FieldType.TEXT and field.secrecy is Secrecy.PUBLIC for field in contract.fields
    ):
        yield Problem(
            "search_index",
            "字对索引只收公开的文本字段,此图层没有:true",
            "an index of pairs holds public texts, and there is none: true",
            True,
        )


def _title(where: str, title: Title) -> Iterator[Problem]:
    for language, text in (("zh", title.zh), ("en", title.en)):
        if not text.strip():
            yield Problem(
                f"{where}.{language}",
                f"中英文都要写:{text!r}",
                f"must be given in both languages: {text!r}",
                text,
            )


def _fields(contract: Contract) -> Iterator[Problem]:
    if not contract.fields:
        yield Problem("fields", "至少要有一个字段:0", "at least one field is needed: 0", 0)
    names = Counter(f.name for f in contract.fields)
    taken: dict[str, str] = {}
    for index, each in enumerate(contract.fields):
        where = f"fields[{index}]"
        yield from _field(where, each)
        if names[each.name] > 1:
            yield Problem(
                f"{where}.name", f"字段重名:{each.name}", f"the name stands twice: {each.name}", each.name
            )
        for alias in (each.name, *each.aliases):
            owner = taken.setdefault(alias.casefold(), each.name)
            if owner != each.name:
                yield Problem(
                    f"{where}.aliases",
                    f"别名已属于字段 {owner}:{alias}",
                    f"the alias already belongs to field {owner}: {alias}",
                    alias,
                )


def _field(where: str, each: Field) -> Iterator[Problem]:
    if not _NAME.fullmatch(each.name) or len(each.name) > _LONGEST_NAME:
        yield Problem(
            f"{where}.name",
            f"须为小写字母、数字和下划线,字母开头,至多 {_LONGEST_NAME} 个字符:{each.name}",
            f"use lower-case letters, digits and single underscores, a letter first, at most"
            f" {_LONGEST_NAME} characters: {each.name}",
            each.name,
        )
    if each.name in RESERVED_NAMES:
        yield Problem(
            f"{where}.name",
            f"此名由平台保留,请换名:{each.name}",
            f"the platform keeps this name for itself, choose another: {each.name}",
            each.name,
        )
    yield from _title(f"{where}.title", each.title)
    yield from _number_rules(where, each)
    yield from _text_rules(where, each)
    yield from _codes(where, each)
    if each.indexed and not fits_index([each]):
        yield Problem(
            f"{where}.indexed",
            f"建索引的文本须写 max_length,至多 {INDEXED_CHARACTERS}:{each.max_length}",
            f"an indexed text states a max_length of at most {INDEXED_CHARACTERS}: {each.max_length}",
            each.max_length,
        )
    for alias in each.aliases:
        if not alias.strip():
            yield Problem(f"{where}.aliases", f"别名为空:{alias!r}", f"an alias is empty: {alias!r}", alias)


def fits_index(fields: Iterable[Field]) -> bool:
    """Whether the values of these fields together are short enough for an index, whatever they are."""
    texts = [field for field in fields if field.type is FieldType.TEXT]
    return sum(_longest(field) for field in texts) <= INDEXED_CHARACTERS


def _longest(field: Field) -> int:
    """Characters that a text may have."""
    if field.codes:
        return max(len(code) for code, _ in field.codes)
    return INDEXED_CHARACTERS + 1 if field.max_length is None else field.max_length


def _number_rules(where: str, each: Field) -> Iterator[Problem]:
    numeric = each.type in _NUMERIC
    for key, given in (("unit", each.unit), ("minimum", each.minimum), ("maximum", each.maximum)):
        if given is not None and not numeric:
            yield Problem(
                f"{where}.{key}",
                f"只用于 integer 与 number 字段,此字段为 {each.type}:{given}",
                f"belongs to integer and number fields only, this one is {each.type}: {given}",
                given,
            )
    if each.type is FieldType.NUMBER and not each.unit:
        yield Problem(
            f"{where}.unit",
            f"number 字段须写 UCUM 单位代码,无量纲写 1:{each.name}",
            f"a number field states its UCUM unit, 1 where it has none: {each.name}",
            each.name,
        )
    if each.minimum is not None and each.maximum is not None and each.minimum > each.maximum:
        yield Problem(
            f"{where}.minimum",
            f"大于 maximum {each.maximum}:{each.minimum}",
            f"is greater than maximum {each.maximum}: {each.minimum}",
            each.minimum,
        )


def _text_rules(where: str, each: Field) -> Iterator[Problem]:
    for key, given in (("max_length", each.max_length), ("pattern", each.pattern)):
        if given is not None and each.type is not FieldType.TEXT:
            yield Problem(
                f"{where}.{key}",
                f"只用于 text 字段,此字段为 {each.type}:{given}",
                f"belongs to text fields only, this one is {each.type}: {given}",
                given,
            )
    if each.max_length is not None and each.max_length < 1:
        yield Problem(
            f"{where}.max_length",
            f"须为正整数:{each.max_length}",
            f"must be positive: {each.max_length}",
            each.max_length,
        )
    if each.pattern is not None and (fault := pattern_fault(each.pattern)):
        yield Problem(
            f"{where}.pattern",
            f"正则表达式不可用({fault}):{each.pattern}",
            f"the regular expression cannot be used ({fault}): {each.pattern}",
            each.pattern,
        )


def _codes(where: str, each: Field) -> Iterator[Problem]:
    if each.codes and each.type not in (FieldType.TEXT, FieldType.INTEGER):
        yield Problem(
            f"{where}.codes",
            f"代码表只用于 text 与 integer 字段,此字段为 {each.type}:{each.name}",
            f"code lists belong to text and integer fields only, this one is {each.type}: {each.name}",
            each.name,
        )
    for code, count in Counter(code for code, _ in each.codes).items():
        if count > 1:
            yield Problem(f"{where}.codes", f"代码重复:{code}", f"the code stands twice: {code}", code)
    for index, (code, title) in enumerate(each.codes):
        at = f"{where}.codes[{index}]"
        yield from _title(at, title)
        if not code.strip() or (
            each.type is FieldType.INTEGER and not re.fullmatch(r"0|-?[1-9][0-9]{0,17}", code)
        ):
            yield Problem(
                f"{at}.code", f"不是 {each.type} 值:{code!r}", f"is no {each.type} value: {code!r}", code
            )
        if each.pattern and not pattern_fault(each.pattern) and not matches(each.pattern, code):
            yield Problem(
                f"{at}.code",
                f"不符合本字段的 pattern {each.pattern}:{code}",
                f"does not match this field's pattern {each.pattern}: {code}",
                code,
            )


def _key(contract: Contract) -> Iterator[Problem]:
    if not contract.key:
        return
    try:
        key = contract.field(contract.key)
    except KeyError:
        yield Problem(
            "key",
            f'没有这个字段;无业务编码时写 "",由平台赋 UUIDv7:{contract.key}',
            f'is no field; write "" to have the platform assign UUIDv7: {contract.key}',
            contract.key,
        )
        return
    if key.type is not FieldType.TEXT or not key.required:
        yield Problem(
            "key",
            f"主键字段须为 text 且 required = true(数字会丢前导零):{contract.key}",
            f"the key field must be text with required = true (numbers lose leading zeros): {contract.key}",
            contract.key,
        )
    if key.secrecy.value != "public":
        yield Problem(
            "key",
            f"主键字段须公开,要素标识人人可见:{contract.key}",
            f"the key field must be public, everybody sees a feature's id: {contract.key}",
            contract.key,
        )


def _quality(contract: Contract) -> Iterator[Problem]:
    names = {each.name for each in contract.fields}
    for index, combination in enumerate(contract.quality.unique):
        missing = [name for name in combination if name not in names]
        if not combination or missing or len(set(combination)) != len(combination):
            yield Problem(
                f"quality.unique[{index}]",
                f"须为不重复的已有字段:{list(combination)}",
                f"must name existing fields, each once: {list(combination)}",
                list(combination),
            )
