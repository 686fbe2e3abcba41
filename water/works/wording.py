"""What a claim says, in words for people 主张的文字: number with its sign, unit and vertical datum."""

from __future__ import annotations

from typing import Final

from spatial.catalogue.contract import Title
from water.works.claim import Bound, Value
from water.works.datum import VerticalDatum
from water.works.layers import CLAIMS, contract
from water.works.vocabulary import symbols

_BOUNDS: Final = {
    Bound.EXACT: Title("", ""),
    Bound.ABOUT: Title("约 ", "about "),
    Bound.MORE_THAN: Title("> ", "> "),
    Bound.AT_MOST: Title("≤ ", "≤ "),
}


def told(value: Value) -> Title:
    """A value as it is read out.

    >>> told(Value(0.56, unit="10*8.m3", bound=Bound.ABOUT)).zh
    '约 0.56 亿 m³'
    >>> told(Value(130.0, unit="m", datum=VerticalDatum.NOT_STATED)).zh
    '130 m(基面:来源未注明)'
    """
    if value.number is None:
        return Title(value.text, value.text)
    number = f"{value.number:.10g}" + ("" if value.number_to is None else f"–{value.number_to:.10g}")
    symbol = symbols().get(value.unit, value.unit)
    said = " ".join(part for part in (number, symbol, value.text) if part)
    bound, datum = _BOUNDS[value.bound], _datum(value.datum)
    return Title(f"{bound.zh}{said}{datum.zh}", f"{bound.en}{said}{datum.en}")


def _datum(datum: VerticalDatum) -> Title:
    if datum is VerticalDatum.NONE:
        return Title("", "")
    title = dict(contract(CLAIMS).field("vertical_datum").codes)[datum.value]
    return Title(f"(基面:{title.zh})", f" (datum: {title.en})")
