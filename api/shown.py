"""A layer as the doors show it to somebody, and what it covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from api.touched import TOUCHED
from spatial.access.model import NOTHING, GrantedRights, Origin, Principal, Right
from spatial.catalogue.city import Extent
from spatial.catalogue.contract import Contract, Field, Sharing
from spatial.catalogue.quality import Measure
from spatial.catalogue.record import Facts
from spatial.errors import Forbidden, Unauthenticated
from spatial.history import read
from spatial.history.model import Column, FeatureTable


@dataclass(frozen=True, slots=True)
class Span:
    """What a layer covers: degrees in CGCS2000 and valid time; ``None`` where unknown or open."""

    box: tuple[float, float, float, float] | None = None
    first: datetime | None = None
    last: datetime | None = None
    features: int = 0
    """Estimated number of believed versions."""
    changeset: int | None = None
    recorded_at: datetime | None = None
    measured_changeset: int | None = None
    """The newest changeset whose quality was measured."""
    measures: tuple[Measure, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """A layer as the doors show it to somebody: the fields this principal may see, and nothing of others."""

    contract: Contract
    table: FeatureTable
    created_at: datetime
    changed_at: datetime
    contract_version: int
    contract_sha256: bytes
    span: Span = Span()
    fields: Mapping[str, tuple[Field, Column]] = field(default_factory=dict)
    rights: GrantedRights = NOTHING
    columns: tuple[Column, ...] | None = None
    """What features are written with; ``None`` for the public fields, which stand written already."""
    derived: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False, hash=False)
    """What doors work out of it and need again with the next request; of this view alone."""

    @property
    def restricted(self) -> bool:
        """More is shown than everybody may ask for: a layer that is not shared, or internal fields."""
        return self.columns is not None or self.contract.sharing is Sharing.CLOSED

    @property
    def conditional(self) -> bool:
        """Not everybody sees so much of it: some see less, or nothing at all."""
        return self.columns is not None or self.contract.sharing is not Sharing.OPEN

    @property
    def whole(self) -> bool:
        """Every field is shown."""
        return len(self.fields) == len(self.contract.fields)

    @property
    def mark(self) -> str:
        """Tells representations apart that show different fields; empty for the public ones."""
        return "" if self.columns is None else ",".join(self.fields)

    def output(self, form: read.Output) -> read.Output:
        """How features are written in a frame: with the fields that are shown."""
        return form if self.columns is None else replace(form, fields=self.columns)

    def require(self, right: Right, principal: Principal) -> None:
        """Refuse what the principal may not do here: 401 for nobody in particular, else 403."""
        if right in self.rights:
            return
        touched = TOUCHED.get()
        if touched is not None and principal.credential is not None:
            touched.refused |= {self.id}
        kind = Unauthenticated if principal.origin is Origin.ANONYMOUS else Forbidden
        raise kind(
            f"对图层 {self.id} 没有此项权限,请向主管部门 {self.contract.steward} 申请:{right}",
            f"no such right on layer {self.id}, ask its steward {self.contract.steward}: {right}",
            value=right.value,
        )

    @property
    def id(self) -> str:
        """Layer id, which is the collection id."""
        return self.contract.id

    @property
    def facts(self) -> Facts:
        """What its record says of it."""
        span = self.span
        return Facts(
            created_at=self.created_at,
            changed_at=self.changed_at,
            contract_version=self.contract_version,
            contract_sha256=self.contract_sha256,
            features=span.features,
            extent_4490=Extent(*span.box) if span.box else None,
            valid_first=span.first,
            valid_last=span.last,
            changeset=span.changeset,
            recorded_at=span.recorded_at,
            measured_changeset=span.measured_changeset,
            measures=span.measures,
        )

    @property
    def attributes(self) -> tuple[Field, ...]:
        """The fields by themselves, in the order of the contract."""
        return tuple(each for each, _ in self.fields.values())
