"""What a model is 模型: a declaration and a function from features and parameters to a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from planning.errors import BadParameter
from planning.indicators.overlay import Plane
from planning.indicators.states import Loaded, digest
from spatial.catalogue.contract import Title


@dataclass(frozen=True, slots=True)
class ModelInput:
    """A set of features that a model takes: a layer, and a CQL2 filter where not all of it."""

    layer: str
    title: Title
    where: str | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number that steers a model, with its unit and its range."""

    title: Title
    unit: str
    default: float
    minimum: float
    maximum: float
    verified: bool
    """Whether the default was checked against the standard; else 待核."""


@dataclass(frozen=True, slots=True)
class Output:
    """A member of the result."""

    title: Title
    unit: str


Result = Mapping[str, Any]
"""JSON-ready; the members are the model's outputs."""
Run = Callable[[Mapping[str, Loaded], Plane, Mapping[str, float]], Result]


@dataclass(frozen=True, slots=True)
class Model:
    """A model of the register 模型."""

    id: str
    version: str
    title: Title
    description: Title
    standard: str
    inputs: Mapping[str, ModelInput]
    parameters: Mapping[str, Parameter]
    outputs: Mapping[str, Output]
    run: Run

    @property
    def sha256(self) -> str:
        """Digest of the declaration, the version of the function among it."""
        return digest(
            {
                "id": self.id,
                "version": self.version,
                "inputs": {name: [one.layer, one.where] for name, one in self.inputs.items()},
                "parameters": {
                    name: [one.unit, one.default, one.minimum, one.maximum]
                    for name, one in self.parameters.items()
                },
                "outputs": {name: one.unit for name, one in self.outputs.items()},
            }
        )

    def settled(self, given: Mapping[str, float]) -> Mapping[str, float]:
        """All parameters: those given, else their defaults; ``BadParameter`` for what cannot be."""
        for name, value in given.items():
            known = self.parameters.get(name)
            if known is None:
                raise BadParameter(
                    f"模型没有此参数,可用 {'、'.join(self.parameters)}:{name}",
                    f"the model has no such parameter, there are {', '.join(self.parameters)}: {name}",
                    value=name,
                )
            if not known.minimum <= value <= known.maximum:
                raise BadParameter(
                    f"参数 {name} 须在 {known.minimum:g} 至 {known.maximum:g}({known.unit}):{value}",
                    f"{name} must lie within {known.minimum:g} and {known.maximum:g} {known.unit}: {value}",
                    value=value,
                )
        return {name: float(given.get(name, one.default)) for name, one in self.parameters.items()}

    def unverified(self) -> tuple[str, ...]:
        """The parameters whose defaults are 待核."""
        return tuple(name for name, one in self.parameters.items() if not one.verified)
