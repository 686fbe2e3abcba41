"""Evaluating indicators 指标计算: values with all that they rest on, and tables held against them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from planning.indicators import formula, value_store
from planning.indicators.definition import Definition, figures
from planning.indicators.formula import Measure, NoData
from planning.indicators.measuring import Reading
from planning.indicators.states import LayerState, Region, digest, told
from planning.indicators.value_store import Kept
from spatial.analysis import mode
from spatial.database import Connection
from spatial.datum import format_instant


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure from elsewhere, with where it is from."""

    value: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Value:
    """An indicator's value 指标值, or why there is none, and what it rests on."""

    definition: Definition
    region: Region
    at: datetime
    asof: datetime
    value: Decimal | None
    lacking: NoData | None
    parts: Mapping[str, Decimal | None]
    """The value of each measure in the formula."""
    inputs: Mapping[str, object]
    inputs_sha256: str

    @property
    def rounded(self) -> Decimal | None:
        """As it is shown."""
        return None if self.value is None else self.definition.rounded(self.value)

    @property
    def level(self) -> str | None:
        """The alert level that it reaches."""
        return None if self.value is None else self.definition.level(self.value)

    def to_json(self) -> dict[str, object]:
        """As the process answers; decimals are texts, so that none is lost."""
        definition = self.definition
        return {
            "code": definition.code,
            "edition": definition.edition,
            "title_zh": definition.title.zh,
            "title_en": definition.title.en,
            "unit": definition.unit,
            "value": None if self.rounded is None else str(self.rounded),
            "exact": None if self.value is None else str(self.value),
            "no_data": None if self.lacking is None else {"zh": self.lacking.zh, "en": self.lacking.en},
            "direction": definition.direction,
            "binding": definition.binding,
            "level": self.level,
            "formula": definition.formula,
            "parts": {name: None if part is None else str(part) for name, part in self.parts.items()},
            "standard": definition.standard,
            "clause": definition.clause,
            "verified": definition.verified,
            "note": None if definition.verified else "待核 unverified",
            "datetime": format_instant(self.at),
            "asof": format_instant(self.asof),
            "inputs": dict(self.inputs),
            "inputs_sha256": self.inputs_sha256,
        }

    def kept(self) -> Kept:
        """As the database keeps it."""
        return Kept(
            self.definition.code,
            self.definition.edition,
            self.definition.sha256,
            self.region,
            self.at,
            self.asof,
            self.value,
            None if self.lacking is None else self.lacking.zh,
            None if self.lacking is None else self.lacking.en,
            self.definition.unit,
            dict(self.inputs),
            self.inputs_sha256,
        )


def evaluate(
    reading: Reading, definitions: Sequence[Definition], given: Mapping[str, Figure] | None = None
) -> tuple[Value, ...]:
    """The values of indicators in one reading; a measure that several have is measured once."""
    return tuple(_evaluated(reading, each, given or {}) for each in definitions)


def keep(connection: Connection, values: Sequence[Value]) -> None:
    """Keep values for good."""
    value_store.keep(connection, [value.kept() for value in values])


def _evaluated(reading: Reading, definition: Definition, given: Mapping[str, Figure]) -> Value:
    def measured(measure: Measure) -> Decimal | NoData:
        return reading.value(measure, definition.empty)

    tree = definition.tree
    told = {name: figure.value for name, figure in given.items()}
    found = formula.evaluate(tree, measured, told, figures())
    parts: dict[str, Decimal | None] = {}
    if not isinstance(found, NoData):
        for measure in formula.measures(tree):
            part = measured(measure)
            parts[str(measure)] = part if isinstance(part, Decimal) else None
    inputs = inputs_of(reading, definition, given)
    lacking = found if isinstance(found, NoData) else None
    value = None if isinstance(found, NoData) else found
    return Value(
        definition, reading.region, reading.at, reading.asof, value, lacking, parts, inputs, digest(inputs)
    )


def inputs_of(reading: Reading, definition: Definition, given: Mapping[str, Figure]) -> dict[str, object]:
    """All that a value follows from: whoever has these has the value."""
    states = [reading.state(layer) if reading.sees(layer) else None for layer in definition.layers]
    held: list[LayerState] = [state for state in states if state is not None]
    missing = [layer for layer, state in zip(definition.layers, states, strict=True) if state is None]
    region = reading.region
    modes = {each.within.mode for each in formula.measures(definition.tree) if each.within is not None}
    moving = {"modes": {name: mode.named(name).sha256 for name in sorted(modes)}} if modes else {}
    return moving | {
        "definition_sha256": definition.sha256,
        "region": region.id,
        "region_title": region.title,
        "region_sha256": region.sha256,
        "region_from": None if region.rests_on is None else region.rests_on.to_json(),
        "datetime": reading.at.isoformat(),
        "plan_version": reading.plan_version,
        "drawn_in": reading.plane.frame.id,
        "layers": told(held),
        "layers_without_data": missing,
        "given": {
            name: {"value": str(given[name].value), "source": given[name].source}
            for name in dict.fromkeys(formula.givens(definition.tree))
            if name in given
        },
    }
