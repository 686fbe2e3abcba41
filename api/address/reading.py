"""The platform's own questions of a text or a code: parse, standardise, validate, compare, resolve, plate."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

import orjson
from starlette.routing import Route

from address import resolve_store
from address.model import Element, Parsed, Part
from address.rules.charter import shipped
from api.address.asked import answer, text_of, whole_of
from api.address.features import Document, conflicts, feature, properties
from api.address.register import Registers
from api.catalogue import Catalogue
from api.desk import Desk
from api.door import route
from api.parameters import given, instant, language
from api.problem import BadParameter, NoSuchItem
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import shorten

if TYPE_CHECKING:
    from address.find import Found
    from address.places import Places
    from address.register import Register

ALTERNATIVES_MOST: Final = 8
SVG: Final = b"image/svg+xml"
ELSEWHERE: Final = "registered-elsewhere"


class Reading:
    """The handlers of ``/v1`` that are ours alone."""

    def __init__(self, registers: Registers, catalogue: Catalogue, desk: Desk, base_url: str | None) -> None:
        self._registers = registers
        self._catalogue = catalogue
        self._desk = desk
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """One question each."""
        return [
            route("/v1/parse", self.parse),
            route("/v1/standardize", self.standardize),
            route("/v1/validate", self.validate),
            route("/v1/compare", self.compare),
            route("/v1/resolve/{code}", self.resolve),
            route("/v1/plates/{code}", self.plate),
        ]

    async def parse(self, request: Request) -> Reply:
        """``/v1/parse?text=``: what a text says, element by element."""
        parameters = given(request.query_string, ("text", "alternatives", "lang"))
        language(request, parameters)
        text = text_of(parameters, "text")
        others = whole_of(parameters, "alternatives", 0, ALTERNATIVES_MOST, least=0)
        register = await self._registers.of(request.principal)
        return answer(request, _said(register.parser.parse(text, others)))

    async def standardize(self, request: Request) -> Reply:
        """``/v1/standardize?text=``: the text as the register writes it."""
        parameters = given(request.query_string, ("text", "lang"))
        language(request, parameters)
        text = text_of(parameters, "text")
        register = await self._registers.of(request.principal)
        return answer(request, _standard(register, *_found(register, text)))

    async def validate(self, request: Request) -> Reply:
        """``/v1/validate?text=``: whether all of it is in the register, and what is not."""
        parameters = given(request.query_string, ("text", "lang"))
        language(request, parameters)
        text = text_of(parameters, "text")
        register = await self._registers.of(request.principal)
        parsed, found = _found(register, text)
        standard = _standard(register, parsed, found)
        findings = list(standard["conflicts"])
        if not any(each["code"] == ELSEWHERE for each in findings):
            findings += [
                {
                    "code": "not-in-register",
                    "zh": f"登记簿中没有:{name}",
                    "en": f"not in the register: {name}",
                }
                for name in standard["not_found"]
            ]
        if standard["standard"] is None:
            findings.append(
                {
                    "code": "nothing-found",
                    "zh": "登记簿中找不到这段文字",
                    "en": "nothing of it is in the register",
                }
            )
        elif standard["candidates"] > 1:
            findings.append(
                {
                    "code": "ambiguous",
                    "zh": "可指多处,请补充上级",
                    "en": "names several places; say in what it lies",
                }
            )
        elif not register.places.snapshot.components.current[found[0].component]:
            findings.append({"code": "no-longer", "zh": "已停用", "en": "is no longer in use"})
        return answer(request, {**standard, "valid": not findings, "findings": findings})

    async def compare(self, request: Request) -> Reply:
        """``/v1/compare?one=&other=``: whether two texts name one place."""
        parameters = given(request.query_string, ("one", "other", "lang"))
        language(request, parameters)
        texts = text_of(parameters, "one"), text_of(parameters, "other")
        register = await self._registers.of(request.principal)
        one, other = (_found(register, text) for text in texts)
        relation = "unknown"
        if len(one[1]) == len(other[1]) == 1:
            alike = one[0].notes == other[0].notes
            relation = _relation(register.places, one[1][0], other[1][0], alike=alike)
        return answer(
            request,
            {
                "relation": relation,
                "one": _standard(register, *one),
                "other": _standard(register, *other),
            },
        )

    async def resolve(self, request: Request) -> Reply:
        """``/v1/resolve/{code}?datetime=&asof=``: what any code, key or plate names, and what took its place.

        At an instant, with what had taken its place by then.
        """
        parameters = given(request.query_string, ("datetime", "asof", "lang"))
        language(request, parameters)
        at = instant("datetime", parameters.get("datetime"))
        asof = instant("asof", parameters.get("asof"))
        code = request.path_params["code"]
        if at is None and asof is None:
            register, row, scheme = await self._row(request, code)
            return answer(request, _resolved(register.places, row, code, scheme), 1)
        _check(code)
        self._registers.admit(request.principal)
        seen = self._catalogue.seen_by(request.principal)
        document = await self._desk.run(lambda connection: _resolved_then(connection, code, at, asof, seen))
        return answer(request, document, 1)

    async def plate(self, request: Request) -> Reply:
        """``/v1/plates/{code}?kind=``: the plate of a place as SVG, or its QR alone."""
        from address import plates

        parameters = given(request.query_string, ("kind", "f", "lang"))
        language(request, parameters)
        form = parameters.get("f", "svg")
        if form not in ("svg", "qr", "png"):
            raise BadParameter("f", "须为 svg、qr 或 png", "must be svg, qr or png", value=form)
        code = request.path_params["code"]
        register, row, _ = await self._row(request, code)
        link = plates.link(request.base_url(self._base_url), code)
        if form == "png":
            return answer(request, plates.qr(link, "png"), 1, b"image/png")
        if form == "qr":
            return answer(request, plates.qr(link), 1, SVG)
        above = int(register.places.parent[row])
        plate = plates.Plate(
            register.places.name(row),
            register.places.name(above) if above >= 0 else "",
            parameters.get("kind", "medium"),
            link,
        )
        return answer(request, plates.drawing(plate, shipped().plates_mm).encode(), 1, SVG)

    async def _row(self, request: Request, code: str) -> tuple[Register, int, str]:
        _check(code)
        register = await self._registers.of(request.principal)
        row, scheme = register.places.find(code), "key"
        if row < 0 and "address-codes" in self._catalogue.seen_by(request.principal):
            coded = await self._desk.run(lambda connection: resolve_store.coded(connection, code))
            if coded is not None:
                row, scheme = register.places.find(coded[0]), coded[1]
        if row < 0 and "doorplates" in self._catalogue.seen_by(request.principal):
            plated = await self._desk.run(lambda connection: resolve_store.plated(connection, code))
            if plated is not None:
                row, scheme = register.places.find(plated[0]), "plate"
        elif row >= 0 and scheme == "key" and _is_division(register.places, row, code):
            scheme = "division"
        if row < 0:
            raise _no_such(code)
        return register, row, scheme


def _check(code: str) -> None:
    if not 0 < len(code) <= 80 or not code.isprintable():
        raise _no_such(code)


def _no_such(code: str) -> NoSuchItem:
    return NoSuchItem(f"没有这个编码:{shorten(code)}", f"no such code: {shorten(code)}", value=shorten(code))


def _resolved(places: Places, row: int, code: str, scheme: str) -> Document:
    chain = (row, *places.successor(row))
    return {
        "code": code,
        "scheme": scheme,
        "current": bool(places.snapshot.components.current[chain[-1]]),
        "place": orjson.Fragment(feature(places, chain[-1]).json),
        "was": [orjson.Fragment(b"{%b}" % properties(places, each)) for each in chain[:-1]],
    }


def _resolved_then(
    connection: Connection, code: str, at: datetime | None, asof: datetime | None, seen: Collection[str]
) -> Document:
    """What a code named at an instant, out of the history; ``seen``: the layers of who asks."""
    from address import store
    from address.places import Places, division_codes

    then = resolve_store.instants(connection, at, asof)
    key, scheme = resolve_store.keyed(connection, code, then), "key"
    if key is None and code.isascii() and code.isdigit():
        key, scheme = resolve_store.division(connection, division_codes(code), then), "division"
    if key is None and "address-codes" in seen:
        coded = resolve_store.coded(connection, code, then)
        if coded is not None:
            key, scheme = resolve_store.keyed(connection, coded[0], then), coded[1]
    if key is None and "doorplates" in seen:
        plated = resolve_store.plated(connection, code, then)
        if plated is not None:
            key, scheme = resolve_store.keyed(connection, plated[0], then), "plate"
    if key is None:
        day = format_instant(then.at)
        raise NoSuchItem(
            f"至 {day} 没有这个编码:{shorten(code)}",
            f"no such code by {day}: {shorten(code)}",
            value=shorten(code),
        )
    places = Places(store.part(connection, key, then.at, then.asof))
    told = {"datetime": format_instant(then.at), "asof": format_instant(then.asof)}
    return {**_resolved(places, places.find(key), code, scheme), **told}


def _is_division(places: Places, row: int, code: str) -> bool:
    """Whether it was found by its division code, however many zeros stand behind."""
    own = places.snapshot.components.code[row].as_py()
    return bool(own) and code.isdigit() and own.rstrip("0") == code.rstrip("0")


def _relation(places: Places, one: Found, other: Found, *, alike: bool) -> str:
    """How one lies to the other; of what the register does not hold, only by what both say alike.

    ``alike``: what is no part of an address is the same in both.
    """
    if one.missing or other.missing:
        return _unregistered(places, one, other) if alike else "unknown"
    if one.component == other.component:
        return "same"
    if places.lies_in(one.component, other.component):
        return "within"
    return "contains" if places.lies_in(other.component, one.component) else "different"


def _unregistered(places: Places, one: Found, other: Found) -> str:
    depth = places.element.item(one.component)
    if one.component != other.component or any(p.element <= depth for p in (*one.missing, *other.missing)):
        return "unknown"
    own, others = ([(part.element, part.name) for part in each.missing] for each in (one, other))
    for mine, theirs in zip(own, others, strict=False):
        if mine != theirs:
            return "different" if mine[0] == theirs[0] else "unknown"
    if len(own) == len(others):
        return "same"
    return "within" if len(own) > len(others) else "contains"


def _found(register: Register, text: str) -> tuple[Parsed, tuple[Found, ...]]:
    """What a text says and names; of several places two tell that it is not one."""
    parsed = register.parser.parse(text)
    return parsed, register.find(parsed, 2)


def _standard(register: Register, parsed: Parsed, found: tuple[Found, ...]) -> Document:
    places, best = register.places, found[0] if found else None
    told = conflicts(parsed.conflicts)
    if best:
        told += _elsewhere(places, best, register.elsewhere(parsed, best))
    return {
        "text": parsed.text,
        "standard": places.text(best.component) if best else None,
        "match_level": int(best.level) if best else 0,
        "candidates": len(found),
        "not_found": [part.name for part in best.missing] if best else [part.name for part in parsed.parts],
        "conflicts": told,
        "notes": list(parsed.notes),
        "place": orjson.Fragment(feature(places, best.component).json) if best else None,
    }


def _elsewhere(places: Places, best: Found, others: tuple[Found, ...]) -> list[Document]:
    """What it lacks there and holds in other places, by their full names."""
    if best.displaced is None or not others:
        return []
    here, name = places.name(best.component), best.displaced.name
    where = [places.text(each.component) for each in others]
    return [
        {
            "code": ELSEWHERE,
            "zh": f"登记簿中{here}没有{name},登记在别处,请核对:{'、'.join(where)}",
            "en": f"the register knows no {name} in {here} but elsewhere; check it: {', '.join(where)}",
        }
    ]


def _said(parsed: Parsed) -> Document:
    return {
        "text": parsed.text,
        "normalised": parsed.normalised,
        "parts": [_part(each) for each in parsed.parts],
        "qualifiers": [
            {
                "kind": each.kind.value,
                "text": each.text,
                "start": each.start,
                "end": each.end,
                "direction": each.direction,
                "distance_m": each.distance_m,
                "parts": [_part(part) for part in each.parts],
            }
            for each in parsed.qualifiers
        ],
        "conflicts": conflicts(parsed.conflicts),
        "notes": list(parsed.notes),
        "score": parsed.score,
        "alternatives": [_said(each) for each in parsed.alternatives],
    }


def _part(part: Part) -> Document:
    return {
        "element": Element(part.element).name.lower(),
        "rank": int(part.element),
        "name": part.name,
        "start": part.start,
        "end": part.end,
        "number": part.number,
        "sub_number": part.sub_number,
        "inferred": part.inferred,
        "known": bool(part.components),
    }
