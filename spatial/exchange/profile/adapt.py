"""A file brought into the form of its layer 归一: names matched, areas in m², editions row by row.

What was delivered stays as it is in the original; what is converted here keeps, where
the layer has a field for it, the value as declared beside the converted one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from spatial.catalogue.contract import Contract
from spatial.errors import ProfileUndecided, UnitUndecided
from spatial.exchange.batches import Batch, Content, Values
from spatial.exchange.evidence import Evidence
from spatial.exchange.fields import Mapped, column_named, match
from spatial.exchange.profile import domain, edition
from spatial.exchange.profile.choose import Followed, candidates
from spatial.exchange.profile.model import CodeTable, Profile, ProfileField, Profiles
from spatial.exchange.profile.units import AreaUnit, Floats, agreeing, ratios, to_m2

SAMPLE = 1000
"""Features whose areas are looked at for the unit."""
Change = Callable[[list[Values]], None]
"""Something done to the columns of a batch."""
Areas = Callable[[Batch], Floats]
"""Legal areas of a batch's shapes in m², NaN where there is none."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user decides where a file does not tell."""

    profile: str | None = None
    edition: str | None = None
    area_unit: AreaUnit | None = None
    fields: Mapping[str, str] | None = None
    """Column of the file → field of the layer."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """A file as a profile reads it."""

    content: Content
    """Its columns, and those that were made: converted, with edition, as declared."""
    mapped: Mapped
    profile: Profile | None
    edition: str | None
    notes: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Adapted(Content):
    """A file's content with columns changed and added."""

    base: Content
    change: Callable[[Batch], Batch]

    def read(self) -> Iterator[Batch]:
        """The rows, batch by batch, in the form of the layer."""
        for batch in self.base.read():
            yield self.change(batch)


class Recognition:
    """One file on its way: first its names, then, once its frame is known, units and editions."""

    def __init__(
        self,
        contract: Contract,
        content: Content,
        profiles: Profiles,
        asked: Asked,
        file: str,
        made: Collection[str] = (),
    ) -> None:
        """``made``: fields that may be missing though the layer requires them."""
        self._contract = contract
        self._content = content
        self._profiles = profiles
        self._asked = asked
        self._file = file
        self._made = made
        self._followed, self._notes = candidates(profiles.profiles, content, file=file, asked=asked.profile)
        self.mapped = self._matched(self._followed[0] if self._followed else None)

    def finish(self, areas: Areas | None) -> Recognised:
        """The file in the layer's form; ``areas`` measures shapes, None where there are none.

        Raises ProfileUndecided, UnitUndecided, EditionUndecided.
        """
        if not self._followed:
            form = _Form(self._contract, self._content, self.mapped)
            domains = self._domains(None, form)
            return Recognised(form.content(), form.mapped, None, None, (*self._notes, *domains))
        followed, unit, notes = self._unit(areas)
        mapped = self._matched(followed)
        form = _Form(self._contract, self._content, mapped)
        if unit is not None and unit is not AreaUnit.M2:
            self._convert(followed, unit, form)
        domains = self._domains(followed, form)
        told = self._edition(followed, form)
        for name, value in followed.profile.constants.items():
            if form.has(name):
                form.change(_filled(form.column(name), value))
        for field, index in _filling(followed, mapped):
            if field.values:
                form.change(_translated(index, field.values))
        notes = (*self._notes, *notes, *domains, *(told.evidence if told else ()))
        found = told.edition if told else None
        return Recognised(form.content(), form.mapped, followed.profile, found, notes)

    def _matched(self, followed: Followed | None) -> Mapped:
        user = dict(self._asked.fields or {})
        known = {field.name for field in self._contract.fields}
        given = {
            self._content.columns[index]: field.field
            for field, index in (followed.columns if followed else ())
            if field.field in known
            and field.field not in user.values()
            and self._content.columns[index] not in user
            and field.field is not None
        }
        made = {*self._made, *(followed.profile.constants if followed else ())}
        return match(self._contract, self._content, {**given, **user}, made)

    def _unit(self, areas: Areas | None) -> tuple[Followed, AreaUnit | None, tuple[Evidence, ...]]:
        """The profile and the unit of its areas: what is said, held against the shapes."""
        asked = self._asked.area_unit
        measured = [
            (followed, index, field.units)
            for followed in self._followed
            for field, index in _filling(followed, self._matched(followed))
            if field.whole and field.units
        ]
        if not measured:
            if not _alike(self._followed):
                raise self._profile_undecided(())
            return self._followed[0], asked, ()
        found = {} if areas is None else self._ratios(measured[0][1], areas)
        if asked is not None:
            followed = next((each for each, _, units in measured if asked in units), self._followed[0])
            said = Evidence("option", f"由 --area-unit 指明:{asked.zh}", f"said by --area-unit: {asked}")
            return followed, asked, (said, *_doubt(asked, found))
        shown = agreeing(found, tuple(AreaUnit))
        fitting = [(followed, units) for followed, _, units in measured if shown in units]
        if shown is not None and fitting:
            told = Evidence(
                "unit",
                f"面积单位为{shown.zh}:申报合计是图形椭球面积的 {found[shown]:.4f} 倍",
                f"areas are in {shown}: their sum is {found[shown]:.4f} of the legal area of the shapes",
                {"ratio": round(found[shown], 6)},
            )
            if not _alike([each for each, _ in fitting], units=False):
                raise self._profile_undecided((told,))
            return fitting[0][0], shown, (told,)
        said_units = {units[0] for _, _, units in measured if len(units) == 1}
        if shown is None and len(said_units) == 1 and all(len(units) == 1 for *_, units in measured):
            (only,) = said_units
            if not _alike(self._followed):
                raise self._profile_undecided(())
            return self._followed[0], only, _doubt(only, found)
        raise self._unit_undecided(shown, found, measured[0][2])

    def _ratios(self, index: int, areas: Areas) -> dict[AreaUnit, float]:
        declared: list[float] = []
        legal: list[Floats] = []
        for batch in self._content.read():
            left = SAMPLE - len(declared)
            if left <= 0 or batch.wkb is None:
                break
            part = Batch(batch.lines[:left], [], [], batch.wkb[:left])
            declared += [_number(value) for value in batch.columns[index][:left]]
            legal.append(areas(part))
        return ratios(np.array(declared), np.concatenate(legal)) if legal else {}

    def _convert(self, followed: Followed, unit: AreaUnit, form: _Form) -> None:
        """Areas into m²; the area of the whole feature is kept as it was declared."""
        areas = [(field, index) for field, index in _filling(followed, form.mapped) if field.units]
        kept = self._profiles.declared
        for field, index in areas:
            if field.whole and kept is not None and form.has(kept) and form.mapped.column_of(kept) is None:
                form.change(_declared(index, form.column(kept), self._content.columns[index], unit))
        for _, index in areas:
            form.change(_in_m2(index, unit))

    def _domains(self, followed: Followed | None, form: _Form) -> tuple[Evidence, ...]:
        """Codes by the names that the file has for them; those of a classification are told by edition."""
        classes = followed.profile.classes if followed else None
        values = (
            {field.field: field.values for field, _ in _filling(followed, form.mapped)} if followed else {}
        )
        notes = []
        for field, index in form.mapped.fields:
            held = self._content.schema.domain(index)
            if held is None:
                continue
            own = classes is not None and field.name == classes.code
            codes = {} if own else domain.translation(held, field, values.get(field.name, {}))
            if codes:
                form.change(_recoded(index, codes))
            notes.append(domain.told(self._content.columns[index], held, codes))
        return tuple(notes)

    def _edition(self, followed: Followed, form: _Form) -> edition.EditionReading | None:
        """The edition of the file's codes; a row that says its own keeps it."""
        classes = followed.profile.classes
        code = None if classes is None else form.mapped.column_of(classes.code)
        if classes is None or code is None:
            return None
        stands = form.mapped.column_of(classes.edition)
        pairs = self._pairs(code, column_named(classes.names, self._content, frozenset()), stands)
        told = None
        if pairs or self._asked.edition is not None:
            told = edition.tell(
                pairs,
                self._profiles.editions,
                file=self._file,
                carried=classes.carried,
                asked=self._asked.edition,
            )
            if form.has(classes.edition):
                stands = form.column(classes.edition)
                form.change(_filled(stands, told.edition))
        first = classes.first
        if (
            first is not None
            and stands is not None
            and form.has(first)
            and form.mapped.column_of(first) is None
        ):
            form.change(_first_level(code, stands, form.column(first), self._profiles.editions))
        return told

    def _pairs(self, code: int, name: int | None, stands: int | None) -> edition.Pairs:
        """Codes and names of the rows that do not say their edition."""
        found: set[tuple[str, str | None]] = set()
        wanted = [code, *(each for each in (name, stands) if each is not None)]
        for codes, *others in self._content.values(*wanted):
            nothing: Values = [None] * len(codes)
            names = nothing if name is None else others[0]
            said = nothing if stands is None else others[-1]
            open_ = [each if blank(mark) else None for each, mark in zip(codes, said, strict=True)]
            found |= edition.pairs_of(open_, names)
        return frozenset(found)

    def _profile_undecided(self, evidence: tuple[Evidence, ...]) -> ProfileUndecided:
        ids = [each.profile.id for each in self._followed]
        return ProfileUndecided(
            f"字段不足以区分结构 {'、'.join(ids)},请用 --profile 指明:{self._file}",
            f"the fields do not tell the structures {', '.join(ids)} apart; say which with --profile:"
            f" {self._file}",
            value=self._file,
            details={
                "options": [f"--profile {each}" for each in ids],
                "evidence": [one.to_json() for one in evidence],
            },
        )

    def _unit_undecided(
        self, shown: AreaUnit | None, found: dict[AreaUnit, float], said: tuple[AreaUnit, ...]
    ) -> UnitUndecided:
        options = [f"--area-unit {unit}" for unit in AreaUnit]
        units = "、".join(unit.zh for unit in said)
        seen = {unit.value: round(one, 6) for unit, one in found.items()}
        details: dict[str, object] = {"options": options, "ratios": seen}
        if shown is None:
            zh = f"申报面积按{units}计都与图形面积不符,单位无法判定,请用 --area-unit 指明:{self._file}"
            en = (
                f"the declared areas fit the shapes in none of {', '.join(said)};"
                f" say the unit with --area-unit: {self._file}"
            )
        else:
            zh = (
                f"该结构的面积单位应为{units},申报值却与图形的{shown.zh}数相符,"
                f"请用 --area-unit 指明:{self._file}"
            )
            en = (
                f"this structure has areas in {', '.join(said)}, the values are those of the shapes in"
                f" {shown}; say the unit with --area-unit: {self._file}"
            )
        return UnitUndecided(zh, en, value=self._file, details=details)


class _Form:
    """The form of the layer: columns of the file, then those that are made, and what is done to them."""

    def __init__(self, contract: Contract, base: Content, mapped: Mapped) -> None:
        self.mapped = mapped
        self._contract = contract
        self._base = base
        self._made: list[str] = []
        self._changes: list[Change] = []

    def has(self, name: str) -> bool:
        """Whether the layer has such a field: one in service since before may not."""
        return any(field.name == name for field in self._contract.fields)

    def column(self, name: str) -> int:
        """The column that fills a field of the layer; a new one where the file has none."""
        stands = self.mapped.column_of(name)
        if stands is not None:
            return stands
        index = len(self._base.columns) + len(self._made)
        self._made.append(name)
        self.mapped = replace(
            self.mapped,
            fields=(*self.mapped.fields, (self._contract.field(name), index)),
            missing=tuple(each for each in self.mapped.missing if each != name),
        )
        return index

    def change(self, one: Change) -> None:
        """Do this to every batch, after what was said before."""
        self._changes.append(one)

    def content(self) -> Content:
        """The content as changed."""
        if not self._changes:
            return self._base
        base, made, changes = self._base, len(self._made), tuple(self._changes)

        def changed(batch: Batch) -> Batch:
            rows = len(batch.lines)
            added: list[Values] = [[None] * rows for _ in range(made)]
            columns = [*batch.columns, *added]
            lossy = [*batch.lossy, *(np.zeros(rows, np.bool_) for _ in range(made))]
            for one in changes:
                one(columns)
            return replace(batch, columns=columns, lossy=lossy)

        held = {one.name: getattr(base, one.name) for one in fields(base)}
        held["columns"] = (*base.columns, *self._made)
        held["kinds"] = (*base.kinds, *("text" for _ in self._made))
        return Adapted(**held, base=base, change=changed)


def blank(value: str | None) -> bool:
    """Whether nothing stands in a cell."""
    return value is None or not value.strip()


def _number(value: str | None) -> float:
    try:
        return float("nan" if value is None else value.replace(",", ""))
    except ValueError:
        return float("nan")


def _filling(followed: Followed, mapped: Mapped) -> list[tuple[ProfileField, int]]:
    """Fields of a profile that fill one of the layer, by the column that does: its own, or the user's."""
    return [
        (field, index)
        for field in followed.profile.fields
        if field.field is not None and (index := mapped.column_of(field.field)) is not None
    ]


def _alike(followed: Sequence[Followed], *, units: bool = True) -> bool:
    """Whether profiles would read the columns of a file in the same way; but for units that are decided."""
    read = [_reads(each, units) for each in followed]
    return all(each == read[0] for each in read)


def _reads(followed: Followed, units: bool) -> tuple[object, ...]:
    profile = followed.profile
    columns = {
        index: (field.field, field.units if units else (), dict(field.values))
        for field, index in followed.columns
        if field.field is not None
    }
    return columns, profile.classes, dict(profile.constants)


def _doubt(unit: AreaUnit, found: Mapping[AreaUnit, float]) -> tuple[Evidence, ...]:
    """A warning where the shapes speak for another unit, or for none."""
    if not found or agreeing(dict(found), (unit,)) is not None:
        return ()
    return (
        Evidence(
            "contradicted",
            f"按{unit.zh}计,申报面积合计是图形椭球面积的 {found[unit]:.4g} 倍",
            f"in {unit} the declared areas sum to {found[unit]:.4g} of the legal area of the shapes",
            {"ratio": found[unit]},
        ),
    )


def _declared(source: int, target: int, name: str, unit: AreaUnit) -> Change:
    def change(columns: list[Values]) -> None:
        columns[target] = [
            None if value is None or blank(value) else f"{name} {value.strip()} {unit.zh}"
            for value in columns[source]
        ]

    return change


def _in_m2(index: int, unit: AreaUnit) -> Change:
    def change(columns: list[Values]) -> None:
        columns[index] = [
            value if value is None or blank(value) else (to_m2(value, unit) or value)
            for value in columns[index]
        ]

    return change


def _translated(index: int, values: Mapping[str, str]) -> Change:
    def change(columns: list[Values]) -> None:
        columns[index] = [
            value if value is None else values.get(value.strip(), value) for value in columns[index]
        ]

    return change


def _recoded(index: int, codes: Mapping[str, str]) -> Change:
    def change(columns: list[Values]) -> None:
        columns[index] = domain.translated(columns[index], codes)

    return change


def _filled(index: int, value: str) -> Change:
    def change(columns: list[Values]) -> None:
        columns[index] = [value if blank(each) else each for each in columns[index]]

    return change


def _first_level(code: int, edition_: int, target: int, tables: Sequence[CodeTable]) -> Change:
    first = {(table.id, each): level for table in tables for each, level in table.first.items()}

    def change(columns: list[Values]) -> None:
        columns[target] = [
            None if each is None or mark is None else first.get((mark.strip(), each.strip()))
            for each, mark in zip(columns[code], columns[edition_], strict=True)
        ]

    return change
