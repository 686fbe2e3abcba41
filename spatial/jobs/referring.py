"""What references hold and where it comes from: for the record of a job 引用输入的沿袭.

A job that the doors hand in has read its references by then. One of a schedule
reads them when its first attempt begins, and holds the bytes for every other: so
each firing works on what there is at that hour, and each job is one run.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from spatial.catalogue import lineage
from spatial.catalogue.lineage import Source
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.datum.clock import parse_instant
from spatial.errors import OneMapError
from spatial.jobs import inputs as checking
from spatial.jobs import reference, store
from spatial.jobs.context import WORKER
from spatial.jobs.model import Job, Referred
from spatial.jobs.operator import operator
from spatial.jobs.process import Process
from spatial.jobs.reference import Fetched, Reference
from spatial.jobs.workplace import Workplace

_ITEMS = re.compile(r"/collections/([^/]+)/items(?:/[^/]+(?:/versions)?)?/?")
_RESULTS = re.compile(r"/jobs/([0-9a-f-]{36})/results(?:/[^/]+)?/?")


def read(
    process: Process, links: Mapping[str, Reference], hosts: tuple[str, ...]
) -> tuple[dict[str, Any], dict[str, Referred]]:
    """What the links hold: the values of their inputs, and the record of it. ReferenceRefused,
    ReferenceFailed.
    """
    values, referred, left = {}, {}, reference.MOST_BYTES
    for name, one in links.items():
        fetched = reference.fetch(one, hosts, left)
        left -= len(fetched.content)
        values[name] = reference.value(one, fetched, process.inputs[name].schema)
        referred[name] = of(name, one, fetched)
    return values, referred


def of(name: str, one: Reference, fetched: Fetched) -> Referred:
    """The record of what came."""
    return Referred(
        name,
        one.href,
        fetched.media_type,
        hashlib.sha256(fetched.content).digest(),
        len(fetched.content),
        fetched.version,
        datetime.now(BEIJING),
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
    with connect(workplace.dsn, application=WORKER) as connection:
        given = store.inputs(connection, job)
        before = _states(connection, workplace, links)
    values, referred = read(process, links, workplace.callback_hosts)
    inputs = {**given, **values}
    checking.check(process, inputs)
    with connect(workplace.dsn, application=WORKER) as connection:
        after = _states(connection, workplace, links)
        told = [traced(connection, one, before[name], after[name]) for name, one in referred.items()]
        # The operator touches the layers that the inputs name by now; nobody else is given more.
        owner = operator(connection, process, inputs) if job.owner.local else job.owner
        return store.hold(connection, job, inputs, told, owner)


def unread(links: Mapping[str, Reference]) -> tuple[Referred, ...]:
    """The record of links that nothing was read from yet."""
    return tuple(Referred(name, one.href, one.media_type) for name, one in links.items())


def links_of(referred: Iterable[Referred]) -> dict[str, dict[str, str]]:
    """The links as a request has them, by input."""
    return {
        one.input: {"href": one.href} | ({"type": one.media_type} if one.media_type else {})
        for one in referred
    }


def _states(
    connection: Connection, workplace: Workplace, links: Mapping[str, Reference]
) -> dict[str, tuple[Source, ...]]:
    own = workplace.base_url
    return {
        name: states(connection, one.href.removeprefix(own)) if own and one.href.startswith(f"{own}/") else ()
        for name, one in links.items()
    }
