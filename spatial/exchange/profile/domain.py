"""Coded value domains 编码值域 of a geodatabase: what a file says its codes mean, held against the layer's.

A file keeps the code and its geodatabase the name; which codes a layer keeps is its contract's. Where
the name is the name of one of these, the code becomes that one; else it stays as it stands. Either way
the domain is told, so that nothing of what the file said is lost.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from spatial.catalogue.contract import Field
from spatial.exchange.batches import Domain
from spatial.exchange.evidence import Evidence

TOLD_MOST = 60
"""Codes of a domain that are written out; the original file has them all."""


def meanings(field: Field, values: Mapping[str, str]) -> Mapping[str, str]:
    """Name → the code that a layer keeps for it; ``values`` of a profile go first.

    A name that stands for several codes says nothing: it is left out.

    >>> from spatial.catalogue.contract import FieldType, Title
    >>> lines = (("LX", Title("蓝线", "blue line")), ("ZX", Title("紫线", "purple line")))
    >>> dict(meanings(Field("lx", FieldType.TEXT, Title("类型", "kind"), codes=lines), {"黄": "HX"}))["紫线"]
    'ZX'
    """
    found: dict[str, set[str]] = {}
    for code, title in field.codes:
        for name in (code, title.zh, title.en):
            found.setdefault(name, set()).add(code)
    alone = {name: next(iter(codes)) for name, codes in found.items() if len(codes) == 1}
    return {**alone, **values}


def translation(domain: Domain, field: Field, values: Mapping[str, str]) -> Mapping[str, str]:
    """Code of the file → code of the layer, of those that differ.

    >>> from spatial.catalogue.contract import FieldType, Title
    >>> lines = (("LX", Title("蓝线", "blue line")), ("ZX", Title("紫线", "purple line")))
    >>> lx = Field("lx", FieldType.TEXT, Title("类型", "kind"), codes=lines)
    >>> translation(Domain("d", (("1", "蓝线"), ("ZX", "紫线"), ("3", "其他"))), lx, {})
    {'1': 'LX'}
    """
    known = meanings(field, values)
    return {
        code: known[name.strip()]
        for code, name in domain.codes
        if name.strip() in known and known[name.strip()] != code
    }


def plain(value: str) -> str:
    """A number without idle zeros, as domains and readers write it; another text as it is.

    >>> plain("1.0"), plain("01"), plain("A")
    ('1', '01', 'A')
    """
    if value.isascii() and "." in value:
        try:
            number = Decimal(value)
        except InvalidOperation:
            return value
        if number == number.to_integral_value():
            return str(int(number))
    return value


def told(column: str, domain: Domain, translated: Mapping[str, str]) -> Evidence:
    """What the report says of a domain."""
    shown = domain.codes[:TOLD_MOST]
    pairs = "、".join(f"{code} {name}" for code, name in shown)
    more = len(domain.codes) - len(shown)
    zh_more, en_more = (f" 等 {len(domain.codes)} 项", f" and {more} more") if more else ("", "")
    changed = "、".join(f"{code}→{target}" for code, target in translated.items())
    zh = f";按名称换为图层的代码:{changed}" if changed else ""
    en = f"; by name into the codes of the layer: {changed}" if changed else ""
    return Evidence(
        "domain",
        f"字段 {column} 有值域“{domain.name}”:{pairs}{zh_more}{zh}",
        f"field {column} has the domain {domain.name}: {pairs}{en_more}{en}",
        {"codes": len(domain.codes), "translated": len(translated)},
    )


def translated(values: Sequence[str | None], codes: Mapping[str, str]) -> list[str | None]:
    """A column with the codes of the layer."""
    return [value if value is None else codes.get(plain(value.strip()), value) for value in values]
