"""What references hold and where it comes from: for the record of a job 引用输入的沿袭.

A job that the doors hand in has read its references by then. One of a schedule
reads them when its first attempt begins, and holds the bytes for every other: so
each firing works on what there is at that hour, and each job is one run. The
platform itself is read by it as who set the schedule may read then; every other
host is asked without any credential.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from spatial.access.model import Principal
from spatial.catalogue import lineage
from spatial.catalogue.lineage import Source
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.datum.clock import parse_instant
from spatial.errors import OneMapError, shorten
from spatial.jobs import inputs as checking
from spatial.jobs import outward, reference, rights, store
from spatial.jobs.context import WORKER
from spatial.jobs.doors import Doors, Given
from spatial.jobs.model import Grant, Job, Reader, Referred
from spatial.jobs.operator import operator
from spatial.jobs.process import Process
from spatial.jobs.reference import Fetched, Reference
from spatial.jobs.workplace import Workplace

_ITEMS = re.compile(r"/collections/([^/]+)/items(?:/[^/]+(?:/versions)?)?/?")
_RESULTS = re.compile(r"/jobs/([0-9a-f-]{36})/results(?:/[^/]+)?/?")


@dataclass(frozen=True, slots=True)
class Visit:
    """The platform read in somebody's name."""

    doors: Doors | None
    principal: Principal
    addresses: Mapping[str, str]
    """Those of the inputs that are of this platform, without the host."""


@dataclass(frozen=True, slots=True)
class Read:
    """What references hold."""

    values: dict[str, Any]
    referred: dict[str, Referred]
    layers: dict[str, Grant]
    """Layers of this platform of which more was read than everybody may see."""


def read(process: Process, links: Mapping[str, Reference], hosts: tuple[str, ...], visit: Visit) -> Read:
    """What the links hold: the values of their inputs, and the record of it. ReferenceRefused,
    ReferenceFailed; Unavailable where the platform itself does not answer now.
    """
    found, left = Read({}, {}, {}), reference.MOST_BYTES
    own = {name: (one, visit.addresses[name]) for name, one in links.items() if name in visit.addresses}
    given = dict(zip(own, _read_own(visit, list(own.values()), left), strict=True))
    left -= sum(len(each.fetched.content) for each in given.values())
    for name, one in links.items():
        if name in given:
            found.layers.update(given[name].layers)
            fetched, reader = given[name].fetched, visit.principal
        else:
            fetched, reader = reference.fetch(one, hosts, left), None
            left -= len(fetched.content)
        found.values[name] = reference.value(one, fetched, process.inputs[name].schema)
        found.referred[name] = of(name, one, fetched, reader)
    return found


def _read_own(visit: Visit, wanted: Sequence[tuple[Reference, str]], most_bytes: int) -> list[Given]:
    """Those of this platform, through its doors opened once."""
    if not wanted:
        return []
    if visit.doors is None:
        one, _ = wanted[0]
        raise reference.failed(
            one,
            "取自本平台,而此执行进程未带平台接口(请以 ./onemap worker 启动)",
            "is of this platform, and this worker has no doors of it (start it by ./onemap worker)",
            shorten(one.href),
        )
    return visit.doors.read(visit.principal, wanted, most_bytes)


def of(name: str, one: Reference, fetched: Fetched, reader: Principal | None = None) -> Referred:
    """The record of what came; of this platform, with whose rights."""
    return Referred(
        name,
        one.href,
        fetched.media_type,
        hashlib.sha256(fetched.content).digest(),
        len(fetched.content),
        fetched.version,
        datetime.now(BEIJING),
        read_as=None if reader is None else Reader.of(reader),
    )


def states(connection: Connection, address: str) -> tuple[Source, ...]:
    """States of layers that an address of this platform, without its host, gives now.

    Items are of the layer as it is believed, at ``asof`` where that is said; the
    result of a job is made from what its lineage names.
    """
    parts = urlsplit(address)
    if found := _ITEMS.fullmatch(parts.path):
        try:
            asof = parse_qs(parts.query).get("asof")
            source = lineage.state_of(connection, unquote(found[1]), parse_instant(asof[0]) if asof else None)
        except OneMapError:
            return ()
        return () if source is None else (source,)
    if (found := _RESULTS.fullmatch(parts.path)) and store.is_identity(found[1]):
        made = lineage.sources_of(connection, store.product_of(found[1]))
        return tuple(Source(one.source_layer, one.source_changeset) for one in made)
    return ()


def traced(
    connection: Connection, one: Referred, before: tuple[Source, ...], after: tuple[Source, ...]
) -> Referred:
    """The record with the states of layers that the bytes were made from: those of a file that the
    platform gave out itself, else what its address gave before it was read and after it alike.
    """
    known = () if one.sha256 is None else lineage.sources_of_file(connection, one.sha256)
    return replace(one, sources=known or (after if before == after else ()))


def held(workplace: Workplace, process: Process, job: Job) -> Job:
    """The job with its references read, and kept; itself where nothing is left to be read."""
    if all(one.sha256 is not None for one in job.referred):
        return job
    links = reference.read_all(process, links_of(job.referred))
    own = {one.input: one.own or within(one.href, workplace.base_url) for one in job.referred}
    with connect(workplace.dsn, application=WORKER) as connection:
        given = store.inputs(connection, job)
        asker = rights.holder(connection, job.owner, datetime.now(BEIJING))
        visit = Visit(workplace.doors, asker, {name: each for name, each in own.items() if each})
        before = _states(connection, visit)
    found = read(process, links, workplace.callback_hosts, visit)
    inputs = {**given, **found.values}
    checking.check(process, inputs)
    with connect(workplace.dsn, application=WORKER) as connection:
        after = _states(connection, visit)
        told = [
            traced(connection, one, before.get(name, ()), after.get(name, ()))
            for name, one in found.referred.items()
        ]
        # The operator touches the layers that the inputs name by now; nobody else is given more. What was
        # read of the platform is kept from who may not read it, as if its layers had been named.
        owner = operator(connection, process, inputs) if job.owner.local else job.owner
        owner = replace(owner, layers={**found.layers, **owner.layers})
        return store.hold(connection, job, inputs, told, owner)


def within(href: str, base_url: str) -> str | None:
    """The address within this platform, where it stands below its public address.

    >>> within("https://map.example/collections/towns/items", "https://map.example")
    '/collections/towns/items'
    >>> within("https://map.example.net/collections", "https://map.example")
    """
    own = bool(base_url) and href.startswith(f"{base_url}/") and "#" not in href and outward.is_plain(href)
    return href.removeprefix(base_url) if own else None


def kept_links(links: Mapping[str, Reference], own: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Links as a schedule keeps them; ``own``: addresses within this platform."""
    return {
        name: {"href": one.href}
        | ({"type": one.media_type} if one.media_type else {})
        | ({"own": own[name]} if name in own else {})
        for name, one in links.items()
    }


def links_of(referred: Iterable[Referred]) -> dict[str, dict[str, str]]:
    """The links as a request has them, by input."""
    return {
        one.input: {"href": one.href} | ({"type": one.media_type} if one.media_type else {})
        for one in referred
    }


def _states(connection: Connection, visit: Visit) -> dict[str, tuple[Source, ...]]:
    return {name: states(connection, address) for name, address in visit.addresses.items()}
