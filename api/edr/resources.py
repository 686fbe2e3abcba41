"""The engine's resources of observations: the layers that something is measured in, always as they are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any, Final

from api.crs import CRS84
from api.observed import Observed
from spatial.catalogue.city import City
from spatial.observe.measured_layers import Parameter

Document = dict[str, Any]
PROVIDER: Final = "api.edr.provider.ObservationProvider"
THEN: ContextVar[Mapping[str, Mapping[str, Parameter]]] = ContextVar("then")
"""Parameters by layer for a request that reads the past; a layer may measure nothing any more."""


class ObservedResources(Mapping[str, Document]):
    """One collection a layer, by its id; what the catalogue says of it is told by the other engine."""

    def __init__(self, observed: Observed, city: City, dsn: str) -> None:
        self._observed = observed
        self._city = city
        self._dsn = dsn

    @property
    def _known(self) -> Mapping[str, Mapping[str, Parameter]]:
        then = THEN.get({})
        return {**self._observed.known, **then} if then else self._observed.known

    def __getitem__(self, key: str) -> Document:
        parameters = self._known[key]
        extent = self._city.extent_4490
        box = [extent.west, extent.south, extent.east, extent.north]
        return {
            "type": "collection",
            "title": key,
            "description": key,
            "keywords": [],
            "links": [],
            "extents": {"spatial": {"bbox": box, "crs": CRS84}},
            "providers": [
                {
                    "type": "edr",
                    "name": PROVIDER,
                    "data": self._dsn,
                    "layer": key,
                    "parameters": parameters,
                }
            ],
        }

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def __deepcopy__(self, memo: object) -> ObservedResources:
        """The engine copies its configuration; the copy must live, too."""
        return self
