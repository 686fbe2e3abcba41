"""Observations over HTTP as they came 原始请求: kept byte-exact, taken or refused, replayable.

What is taken is kept in the transaction that takes it. Who sends what cannot be taken is told at once; it is
kept for those who mend a clock, register a station or declare a datastream of forecasts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, TypeVar

import orjson

from api.sensorthings import batch, data_array, multipart
from api.sensorthings.mqtt import creating
from api.sensorthings.writing import of_values, parsed, timed
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import Conflict, InvalidInput, NotFound, OneMapError
from spatial.observe.ahead import ClockAhead
from spatial.observe.model import source_of
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.store import Message, Offered
from spatial.observe.things.owners import ANYWHERE, May
from spatial.observe.things.store import NoSuchStream
from spatial.observe.things.values import NoFeature

T = TypeVar("T")
CHANNEL: Final = "sensorthings/http"
ARRAYS: Final = "CreateObservations"
BATCH: Final = "$batch"
_CODES: Final = {
    Reason.FUTURE_DATED: ClockAhead.code,
    Reason.UNKNOWN_DEVICE: NoSuchStream.code,
    Reason.SINK_REFUSED: NoFeature.code,
}
"""What rows of data arrays are refused for."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request with observations: when it came, whence, to which path, and what the client calls it."""

    received_at: datetime
    sender: Principal
    path: str
    body: bytes
    name: str | None = None
    """The client's ``Idempotency-Key``."""

    @classmethod
    def now(cls, sender: Principal, path: str, body: bytes, name: str | None = None) -> Post:
        """One that comes at this moment."""
        return cls(datetime.now(BEIJING), sender, path, body, name or None)

    def document(self) -> Any:
        """Its JSON; an observation that tells no time is of the moment it came."""
        return timed(parsed(self.body), self.received_at)

    @property
    def arrival(self) -> Arrival:
        """It as a message; the same request again is the same one where it tells its times or its name."""
        parts: list[str | bytes] = [CHANNEL, self.sender.subject, self.path, self.body]
        if self.name is not None:
            parts.append(self.name)
        elif b"phenomenonTime" not in self.body:
            parts.append(self.received_at.isoformat())
        peer = f"{self.sender.subject.replace(' ', '_')} {self.path}"[:400]
        return Arrival(self.received_at, CHANNEL, peer, self.body, key_of(*parts), "data")


def taken(connection: Connection, posts: Sequence[Arrival]) -> None:
    """Keep what was taken, in the transaction that took it."""
    store.keep(connection, posts, creating.Nothing())


def taking(work: Callable[[Connection], T], post: Post) -> Callable[[Connection], T]:
    """Work that takes a request, and keeps it."""

    def both(connection: Connection) -> T:
        told = work(connection)
        taken(connection, [post.arrival])
        return told

    return both


def worth_keeping(failure: OneMapError, may: May) -> bool:
    """Whether a refusal is of what was sent, by somebody who may write at all."""
    if not isinstance(failure, InvalidInput | NotFound | Conflict):
        return False
    try:
        may(ANYWHERE)
    except OneMapError:
        return False
    return True


def refused(connection: Connection, post: Post, failure: OneMapError) -> None:
    """Keep what was not taken, with the reason."""
    reason = Reason.SINK_REFUSED
    if isinstance(failure, ClockAhead):
        reason = Reason.FUTURE_DATED
    elif failure.code == InvalidInput.code:
        reason = Reason.BAD_BODY
    rejected = post.arrival.rejected(reason, f"{failure.code}: {failure.en}")
    store.keep(connection, [rejected], creating.Nothing())


def rows_refused(connection: Connection, reason: Reason, groups: list[dict[str, Any]], post: Post) -> None:
    """Keep the rows of data arrays that are refused for one reason, as data arrays of their own."""
    rows = sum(len(each["dataArray"]) for each in groups)
    left = replace(post, body=orjson.dumps(groups), name=None)
    rejected = left.arrival.rejected(reason, f"{_CODES[reason]}: {rows} observations")
    store.keep(connection, [rejected], creating.Nothing())


def batch_kept(connection: Connection, post: Post, failed: int, count: int) -> None:
    """Keep the requests of a ``$batch``, of which so many with a value failed."""
    arrival = post.arrival
    if failed:
        arrival = arrival.rejected(Reason.SINK_REFUSED, f"{failed} of {count} observations")
    store.keep(connection, [arrival], creating.Nothing())


def again(connection: Connection, message: Message) -> Offered:
    """What a kept request gives now; ahead of when it came, whatever the clock says by now."""
    _, _, path = message.peer.partition(" ")
    if path == ARRAYS:
        return _arrays_again(connection, message)
    if path == BATCH:
        return _batch_again(connection, message)
    return creating.written(connection, path, _single(message, message.data))


def _single(message: Message, data: bytes, *also: int) -> Arrival:
    key = key_of(CHANNEL, message.peer, data, *also)
    return Arrival(message.received_at, CHANNEL, message.peer, data, key, "data")


def _arrays_again(connection: Connection, message: Message) -> Offered:
    left: data_array.Refused = {}
    try:
        document = parsed(message.data)
        with connection.transaction():
            data_array.create(
                connection,
                document,
                lambda layer: None,
                source_of(key_of(CHANNEL, message.peer, message.data)),
                "",
                answer=False,
                received_at=message.received_at,
                refused=left,
            )
    except OneMapError as failure:
        return Offered(0, Reason.SINK_REFUSED, f"{failure.code}: {failure.en}")
    rows = sum(len(each["dataArray"]) for groups in left.values() for each in groups)
    if rows and rows == sum(len(each["dataArray"]) for each in document):
        reason = next(iter(left))
        return Offered(0, reason, f"{_CODES[reason]}: {rows} observations")
    return Offered(rows)


def _batch_again(connection: Connection, message: Message) -> Offered:
    """The observations of a batch each by itself; what hangs on another request cannot be told again."""
    try:
        requests = requests_of(message.data)
    except OneMapError as failure:
        return Offered(0, Reason.SINK_REFUSED, f"{failure.code}: {failure.en}")
    left, found = 0, [each for each in requests if is_value(each)]
    for place, each in enumerate(found):
        path, data = batch.path_of(each["url"]), orjson.dumps(each.get("body"))
        hanging = b'"$' in data or path.startswith("$")
        left += bool(
            hanging or creating.written(connection, path, _single(message, data, place)).reason is not None
        )
    if left == len(found):
        return Offered(0, Reason.SINK_REFUSED, f"{left} of {len(found)} observations")
    return Offered(left)


def is_value(request: Any) -> bool:
    """Whether a request of a batch sends a measured value."""
    if not isinstance(request, dict) or str(request.get("method", "")).lower() != "post":
        return False
    return of_values(batch.path_of(str(request.get("url", ""))))


def requests_of(body: bytes) -> list[Any]:
    """The requests of a kept batch, in whichever form it came."""
    if body.lstrip().startswith(b"--"):
        boundary = body.lstrip().split(b"\n", 1)[0].strip()[2:]
        document = multipart.read(f"multipart/mixed; boundary={boundary.decode('latin-1')}", body)
    else:
        document = parsed(body)
    requests = document.get("requests") if isinstance(document, dict) else None
    return requests if isinstance(requests, list) else []
