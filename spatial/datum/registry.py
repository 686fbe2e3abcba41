"""The registry of operations and local frames.

PROJ offers almost nothing but silent identities between the Chinese datums
(reference: EPSG v11 through PROJ 9), so between datums only operations
registered here exist; PROJ is asked for projections alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from spatial.datum.frames import FRAMES, Frame, frame
from spatial.datum.operation import Operation, Step
from spatial.datum.projection import projection_of
from spatial.errors import NoOperation


@dataclass(frozen=True, slots=True, eq=False)
class Registry:
    """The operations and local frames one may use; a value, extended by making a new one.

    Several versions of one name may be registered: the newest counts, unless
    ``pinned`` leaves only another. Two different names between the same two
    frames are refused as undecided; ``without`` removes one.
    """

    operations: tuple[Operation, ...] = ()
    frames: Mapping[str, Frame] = field(default_factory=lambda: MappingProxyType({}))
    _routes: dict[tuple[str, str], tuple[Step, ...]] = field(default_factory=dict, repr=False)

    def with_operation(self, operation: Operation) -> Registry:
        """This registry and one more operation; a name and version is registered once."""
        key = (operation.name, operation.version)
        if any((each.name, each.version) == key for each in self.operations):
            raise ValueError(f"operation registered twice: {operation.name}@{operation.version}")
        return Registry((*self.operations, operation), self.frames)

    def with_frame(self, local: Frame) -> Registry:
        """This registry and one more local frame 独立坐标系."""
        if local.id in FRAMES or local.id.upper().startswith("EPSG:"):
            raise ValueError(f"a local frame has an authority of its own: {local.id}")
        return Registry(self.operations, MappingProxyType({**self.frames, local.id: local}))

    def pinned(self, name: str, version: int) -> Registry:
        """Only this version of the named operation."""
        kept = tuple(each for each in self.operations if each.name != name or each.version == version)
        return Registry(kept, self.frames)

    def without(self, name: str) -> Registry:
        """All but the named operation."""
        return Registry(tuple(each for each in self.operations if each.name != name), self.frames)

    def frame(self, text: str | int) -> Frame:
        """The frame a text names, local ones included."""
        return frame(text, local=self.frames)

    def route(self, source: Frame, target: Frame) -> tuple[Step, ...]:
        """The most accurate chain of operations; NoOperation where there is none."""
        key = (source.id, target.id)
        if key not in self._routes:
            self._routes[key] = self._search(source, target)
        return self._routes[key]

    def _search(self, source: Frame, target: Frame) -> tuple[Step, ...]:
        graph = self._graph(source, target)
        queue: list[tuple[float, int, int, str, tuple[Step, ...]]] = [(0.0, 0, 0, source.id, ())]
        done: set[str] = set()
        pushed = 0
        while queue:
            variance, hops, _, here, steps = heapq.heappop(queue)
            if here == target.id:
                return self._decided(steps)
            if here in done:
                continue
            done.add(here)
            for step in graph.get(here, ()):
                pushed += 1
                cost = variance + step.operation.accuracy_m**2
                heapq.heappush(queue, (cost, hops + 1, pushed, step.target, (*steps, step)))
        raise NoOperation(
            "没有已登记的转换;请用两坐标系都有的控制点求参并登记(./onemap datum fit)后再转换:"
            f"{source.id} → {target.id}",
            "no registered operation; fit one from points known in both frames (./onemap datum fit): "
            f"{source.id} → {target.id}",
            value=f"{source.id} → {target.id}",
        )

    def _graph(self, source: Frame, target: Frame) -> dict[str, list[Step]]:
        graph: dict[str, list[Step]] = {}
        newest = list(self._newest())
        named = {name for each in newest for name in (each.source, each.target)}
        known = {**FRAMES, **self.frames, source.id: source, target.id: target}
        projections = [
            projection
            for name in named | {source.id, target.id}
            if name in known and (projection := projection_of(known[name])) is not None
        ]
        for operation in (*newest, *projections):
            graph.setdefault(operation.source, []).append(Step(operation, reverse=False))
            graph.setdefault(operation.target, []).append(Step(operation, reverse=True))
        return graph

    def _newest(self) -> Iterator[Operation]:
        by_name: dict[str, Operation] = {}
        for each in self.operations:
            held = by_name.get(each.name)
            if held is None or each.version > held.version:
                by_name[each.name] = each
        yield from by_name.values()

    def _decided(self, steps: tuple[Step, ...]) -> tuple[Step, ...]:
        """The steps, unless for one of them another operation was registered too."""
        for step in steps:
            pair = {step.source, step.target}
            names = sorted({each.name for each in self.operations if {each.source, each.target} == pair})
            if len(names) > 1:
                listed = ", ".join(names)
                raise NoOperation(
                    f"同一对坐标系登记了多个转换,请用 without 排除其余:{listed}",
                    f"several operations are registered for one pair; keep one by without: {listed}",
                    value=listed,
                )
        return steps
