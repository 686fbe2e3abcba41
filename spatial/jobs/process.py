"""A process 处理 is a declaration: what goes in, what comes out, what it may touch, how it runs.

A domain package adds its own by handing its declarations to a :class:`Processes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.database import Connection
from spatial.errors import shorten
from spatial.jobs.errors import UnknownProcess
from spatial.jobs.model import Grant, Outputs, Owner

Schema = dict[str, Any]
Inputs = Mapping[str, Any]


class Context(Protocol):
    """What a running process is handed: where it is, who asks, and how it tells of itself."""

    @property
    def dsn(self) -> str:
        """The database; every session opened with it ends when the job is dismissed."""
        ...

    def session(self) -> AbstractContextManager[Connection]:
        """A session of that database, as :attr:`dsn` opens one, but at once where somebody waits."""
        ...

    @property
    def city(self) -> str:
        """Division code of the city."""
        ...

    @property
    def owner(self) -> Owner:
        """Who asks, and what they may see."""
        ...

    @property
    def now(self) -> datetime:
        """The instant of the job: when it was handed in, the same at every attempt."""
        ...

    @property
    def work(self) -> Path:
        """A folder of its own, gone when the process ends."""
        ...

    @property
    def kept(self) -> Path | None:
        """A folder of this machine for what took long to prepare, if there is one; it may be emptied."""
        ...

    def grant(self, layer_id: str) -> Grant:
        """What the asker may see of a layer."""
        ...

    def step(self, percent: int, zh: str, en: str) -> None:
        """Tell how far it is; raises where the job was dismissed or its time is over."""
        ...

    def expect(self, seconds: float) -> None:
        """Say before how long what comes now will take: TakesTooLong where somebody cannot wait for it."""
        ...

    def finish(self, connection: Connection, outputs: Outputs) -> None:
        """End the job inside the caller's transaction, so that a write and its job end as one."""
        ...

    def ready(self, *, weight: int) -> None:
        """Say before that :meth:`each` will want a cluster: it starts while the units are made."""
        ...

    def each(
        self, function: Callable[..., Any], units: Mapping[str, tuple[Any, ...]], *, weight: int
    ) -> Iterator[tuple[str, Any]]:
        """``function(dsn, *arguments)`` of every unit with its key, as they come.

        Side by side in processes of their own where the weight (features) is large.
        """
        ...


Run = Callable[[Context, Inputs], Outputs]
Needs = Callable[[Inputs], Mapping[str, Right]]
Rests = Callable[[Inputs, Outputs], Iterable[Source]]


def _nothing(_: Inputs) -> Mapping[str, Right]:
    return {}


def _no_state(_: Inputs, __: Outputs) -> Iterable[Source]:
    return ()


@dataclass(frozen=True, slots=True)
class Retry:
    """What becomes of a job whose worker died or whose database went away."""

    attempts: int = 3
    """Runs in all."""
    wait_s: float = 2.0
    """Before the second run; doubled for each one after."""

    def wait_before_s(self, attempt: int) -> float:
        """Seconds before that attempt.

        >>> Retry(attempts=4, wait_s=2.0).wait_before_s(4)
        8.0
        """
        return float(self.wait_s * 2 ** max(0, attempt - 2))


@dataclass(frozen=True, slots=True)
class Described:
    """An input or output: title and JSON Schema."""

    title: Title
    schema: Schema
    required: bool = True


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the platform."""

    id: str
    version: str
    title: Title
    description: Title
    inputs: Mapping[str, Described]
    outputs: Mapping[str, Described]
    run: Run
    needs: Needs = _nothing
    """The right it needs on each layer that the inputs name."""
    wants: Needs = _nothing
    """Rights that it uses where the asker holds them; a layer the asker may not see is left out."""
    releases: bool = False
    """Whether features of those layers leave with the outputs, which the export guard counts."""
    rests_on: Rests = _no_state
    """The states of layers that the outputs were made from, for their lineage 沿袭."""
    entire: bool = False
    """Whether it writes every field of those layers: then its owner must see them all."""
    synchronous: bool = True
    """Whether it may be answered while somebody waits; else it only runs as a job."""
    retry: Retry = field(default_factory=Retry)
    example: Mapping[str, object] = field(default_factory=dict)
    """Inputs to begin with; of the sample city, where they name anything."""

    @property
    def schema(self) -> Schema:
        """The JSON Schema of the inputs as a whole."""
        return {
            "type": "object",
            "properties": {name: one.schema for name, one in self.inputs.items()},
            "required": [name for name, one in self.inputs.items() if one.required],
            "additionalProperties": False,
        }


class Processes(Mapping[str, Process]):
    """The processes on offer, by id."""

    def __init__(self, offered: Iterable[Process]) -> None:
        self._offered = {process.id: process for process in offered}

    def __getitem__(self, name: str) -> Process:
        try:
            return self._offered[name]
        except KeyError:
            shown = shorten(name)
            raise UnknownProcess(
                f"没有这个处理,可用的见 /processes:{shown}",
                f"no such process, /processes lists them: {shown}",
                value=shown,
            ) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._offered)

    def __len__(self) -> int:
        return len(self._offered)

    def __contains__(self, name: object) -> bool:
        return name in self._offered

    def __deepcopy__(self, memo: object) -> Processes:
        """The engine copies its configuration; declarations need no copy."""
        return self
