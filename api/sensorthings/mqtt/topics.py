"""Topics of the extension 主题 (18-088, 14.2): where a written entity is told.

Every observation is told to its datastream, and every other entity to its own topic and that of its set.
Single properties, ``$select``, all observations and single observations are told only where somebody has
subscribed to that topic, for there is no end to them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import orjson

from spatial.observe.things.model import ENTITIES, SETS, Entity

VERSION = "v1.1"
SUBSCRIPTIONS = "$SYS/broker/log/M/subscribe"
"""Where Mosquitto tells who subscribes to what (``log_dest topic``, ``log_type subscribe``)."""
CREATED = (f"{VERSION}/Observations", f"{VERSION}/+/Observations")
_TOLD = re.compile(rf"[012] ({VERSION}/[^#+\0]{{1,400}})", re.DOTALL)
_WANTED = re.compile(r"([^/?]+(?:/Observations)?)(?:/([A-Za-z]+))?(?:\?\$select=(.*))?", re.DOTALL)


def asked(line: str) -> str | None:
    """The topic that a line of the broker's log says somebody subscribed to, where it is one of ours.

    >>> asked("1795813013: a b 1 v1.1/Things(1)/properties")
    'v1.1/Things(1)/properties'
    >>> asked("1795813013: a b 1 v1.1/+/Observations") is None
    True
    """
    found = _TOLD.search(line)
    return found[1] if found and line.endswith(found[1]) else None


class Wanted:
    """What is told only where it is asked for."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._properties: defaultdict[str, set[str]] = defaultdict(set)
        self._selected: defaultdict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
        self._plain: set[str] = set()
        for topic in topics:
            self.add(topic)

    def add(self, topic: str) -> None:
        """From now on this topic is told, too."""
        path = topic.removeprefix(f"{VERSION}/")
        found = _WANTED.fullmatch(path)
        if found is None:
            return
        resource, name, select = found.groups()
        if select is not None and name is None:
            names = tuple(each.strip() for each in select.split(",") if each.strip())
            self._selected[resource][path] = names
        elif name is not None and select is None:
            self._properties[resource].add(name)
        else:
            self._plain.add(path)

    def told(self, resource: str, text: str, *, always: bool) -> Iterator[tuple[str, bytes]]:
        """Topics and payloads of an entity under one resource path."""
        payload = text.encode()
        if always or resource in self._plain:
            yield f"{VERSION}/{resource}", payload
        names, selections = self._properties.get(resource), self._selected.get(resource)
        if not names and not selections:
            return
        document = orjson.loads(payload)
        for path, chosen in (selections or {}).items():
            yield f"{VERSION}/{path}", orjson.dumps({each: document.get(each) for each in chosen})
        for each in names or ():
            if each in document:
                yield f"{VERSION}/{resource}/{each}", orjson.dumps({each: document[each]})


def messages(
    entity: Entity, wanted: Wanted, number: int, stream: int | None, multi: bool, text: str
) -> Iterator[tuple[str, bytes]]:
    """Everything that is told of a written entity."""
    if stream is not None:
        home = ENTITIES["MultiDatastream" if multi else "Datastream"].set
        yield from wanted.told(f"{home}({stream})/Observations", text, always=True)
    yield from wanted.told(entity.set, text, always=stream is None)
    yield from wanted.told(f"{entity.set}({number})", text, always=stream is None)


def is_create(topic: str) -> bool:
    """Whether observations are made by publishing here."""
    parts = topic.split("/")
    if parts[0] != VERSION or parts[-1] != "Observations":
        return False
    return len(parts) == 2 or (len(parts) == 3 and parts[1].partition("(")[0] in SETS)
