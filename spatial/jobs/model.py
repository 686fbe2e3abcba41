"""The nouns of jobs: states, outputs, what somebody may see, who is told. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from spatial.access.model import Origin, Principal, Right, Role
from spatial.catalogue.lineage import Source
from spatial.datum.clock import format_instant, parse_instant
from spatial.errors import OneMapError


class State(StrEnum):
    """Where a job stands; the status codes of OGC API Processes."""

    ACCEPTED = "accepted"
    RUNNING = "running"
    SUCCESSFUL = "successful"
    FAILED = "failed"
    DISMISSED = "dismissed"

    @property
    def final(self) -> bool:
        """Nothing happens to the job any more."""
        return self in (State.SUCCESSFUL, State.FAILED, State.DISMISSED)


@dataclass(frozen=True, slots=True)
class Grant:
    """What the asker may do with one layer, as it was when the job was handed in."""

    fields: tuple[str, ...]
    rights: frozenset[Right]


@dataclass(frozen=True, slots=True)
class Owner:
    """Who handed a job in, and what they may see: all that a job ever learns of it."""

    subject: str
    department: str | None
    local: bool = False
    """An operator of this machine, who says for whom they act."""
    layers: Mapping[str, Grant] = field(default_factory=dict)
    credential: str | None = None
    """Identifier of the key or token; ``None`` for the operator."""
    roles: frozenset[Role] = frozenset()
    """As the credential carried them when the job was handed in."""

    @staticmethod
    def of(principal: Principal, layers: Mapping[str, Grant]) -> Owner:
        """The principal of a request, with the layers the job touches."""
        local = principal.origin is Origin.LOCAL
        return Owner(
            principal.subject, principal.department, local, layers, principal.credential, principal.roles
        )

    @property
    def known(self) -> bool:
        """Somebody of a department, or this machine's operator."""
        return self.local or self.department is not None

    def to_json(self) -> dict[str, object]:
        """As the job's row keeps it."""
        return {
            "local": self.local,
            "credential": self.credential,
            "roles": sorted(self.roles),
            "layers": {
                name: {"fields": list(grant.fields), "rights": sorted(grant.rights)}
                for name, grant in self.layers.items()
            },
        }

    @staticmethod
    def from_json(subject: str, department: str | None, kept: Mapping[str, object]) -> Owner:
        """What :meth:`to_json` wrote."""
        layers = kept["layers"]
        assert isinstance(layers, dict)
        grants = {
            name: Grant(tuple(one["fields"]), frozenset(Right(each) for each in one["rights"]))
            for name, one in layers.items()
        }
        credential = kept.get("credential")  # jobs of earlier versions name none
        assert credential is None or isinstance(credential, str)
        roles = kept.get("roles", ())  # nor their roles
        assert isinstance(roles, list | tuple)
        held = frozenset(Role(each) for each in roles)
        return Owner(subject, department, bool(kept["local"]), grants, credential, held)


@dataclass(frozen=True, slots=True)
class Document:
    """An output that is JSON."""

    value: object


@dataclass(frozen=True, slots=True)
class Filed:
    """An output that is a file."""

    path: Path
    media_type: str
    name: str


Outputs = Mapping[str, "Document | Filed"]
JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Kept:
    """One output of a finished job, by digest."""

    name: str
    media_type: str
    file_name: str | None
    """``None`` for a JSON value."""
    sha256: bytes
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Whom to tell 回调, as OGC API Processes names them."""

    success_uri: str
    in_progress_uri: str | None = None
    failed_uri: str | None = None

    def to_json(self) -> dict[str, object]:
        """In the standard's words."""
        return {
            "successUri": self.success_uri,
            "inProgressUri": self.in_progress_uri,
            "failedUri": self.failed_uri,
        }

    @property
    def uris(self) -> tuple[str, ...]:
        """All that are named."""
        return tuple(uri for uri in (self.success_uri, self.in_progress_uri, self.failed_uri) if uri)


@dataclass(frozen=True, slots=True)
class Answer:
    """How the results are wanted: which outputs, raw or in one document, by value or reference."""

    form: str = "raw"
    outputs: Mapping[str, str] | None = None
    """Output → transmission mode; ``None`` for all of them by value."""

    def to_json(self) -> dict[str, object]:
        """As the job's row keeps it."""
        return {"form": self.form, "outputs": None if self.outputs is None else dict(self.outputs)}

    @staticmethod
    def from_json(kept: Mapping[str, object]) -> Answer:
        """What :meth:`to_json` wrote."""
        outputs = kept["outputs"]
        assert outputs is None or isinstance(outputs, dict)
        return Answer(str(kept["form"]), outputs)


@dataclass(frozen=True, slots=True)
class Reader:
    """With whose rights something was read."""

    subject: str
    department: str | None
    origin: str

    @staticmethod
    def of(principal: Principal) -> Reader:
        """Somebody, without their credential."""
        return Reader(principal.subject, principal.department, principal.origin.value)

    def to_json(self) -> dict[str, object]:
        """As lineage tells it."""
        return {"subject": self.subject, "department": self.department, "origin": self.origin}


@dataclass(frozen=True, slots=True)
class Referred:
    """An input that was given by reference 引用输入, and what was read there."""

    input: str
    href: str
    media_type: str | None = None
    """Of what is wanted; once it was read, of what came."""
    sha256: bytes | None = None
    """Of the bytes that came; ``None`` as long as nothing was read."""
    size_bytes: int | None = None
    version: str | None = None
    """As the answer names it: its ``ETag``, else its ``Last-Modified``."""
    read_at: datetime | None = None
    sources: tuple[Source, ...] = ()
    """States of this platform's own layers that the bytes were made from, as far as that is known."""
    own: str | None = None
    """Of what is yet to be read of this platform itself: its address without the host."""
    read_as: Reader | None = None
    """With whose rights the platform itself was read; ``None`` for other hosts, which are told nobody."""

    def to_json(self) -> dict[str, object]:
        """As the job's row keeps it, and its lineage tells it."""
        own: dict[str, object] = {} if self.own is None else {"own": self.own}
        as_whom = {} if self.read_as is None else {"readAs": self.read_as.to_json()}
        return {
            "input": self.input,
            "href": self.href,
            "type": self.media_type,
            "sha256": None if self.sha256 is None else self.sha256.hex(),
            "sizeBytes": self.size_bytes,
            "version": self.version,
            "readAt": None if self.read_at is None else format_instant(self.read_at),
            "sources": [{"layer": one.layer, "changeset": one.changeset} for one in self.sources],
            **own,
            **as_whom,
        }

    @staticmethod
    def from_json(kept: Mapping[str, Any]) -> Referred:
        """What :meth:`to_json` wrote."""
        return Referred(
            kept["input"],
            kept["href"],
            kept["type"],
            None if kept["sha256"] is None else bytes.fromhex(kept["sha256"]),
            kept["sizeBytes"],
            kept["version"],
            None if kept["readAt"] is None else parse_instant(kept["readAt"]),
            tuple(Source(one["layer"], one["changeset"]) for one in kept["sources"]),
            kept.get("own"),
            Reader(**kept["readAs"]) if "readAs" in kept else None,
        )


@dataclass(frozen=True, slots=True)
class Request:
    """A piece of work, checked and ready to be handed in."""

    process: str
    version: str
    inputs: Mapping[str, object]
    owner: Owner
    answer: Answer = Answer()
    subscriber: Subscriber | None = None
    schedule: str | None = None
    referred: tuple[Referred, ...] = ()
    """Inputs given by reference: read by now and among the inputs, or to be read when it runs."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its row tells it."""

    id: str
    process: str
    version: str
    state: State
    progress: int
    """Percent."""
    message_zh: str
    message_en: str
    problem: Mapping[str, object] | None
    """Why it failed: code, zh, en, value."""
    inputs_sha256: bytes
    owner: Owner
    answer: Answer
    subscriber: Subscriber | None
    schedule: str | None
    attempts: int
    created_at: datetime
    started_at: datetime | None
    updated_at: datetime
    finished_at: datetime | None
    expired_at: datetime | None
    """When its results were removed, their time being over."""
    referred: tuple[Referred, ...] = ()


def told(failure: OneMapError) -> dict[str, object]:
    """An error as a job keeps it."""
    value = failure.value
    plain = value if isinstance(value, str | int | float | bool | None) else str(value)
    return {"code": failure.code, "zh": failure.zh, "en": failure.en, "value": plain} | {
        key: each for key, each in failure.details.items() if key in ("pointer", "report", "options", "held")
    }


def may_see(principal: Principal, job: Job) -> bool:
    """Whether somebody may know of a job: the operator of all, others of their department's."""
    if principal.origin is Origin.LOCAL:
        return True
    return principal.department is not None and principal.department == job.owner.department


def may_dismiss(principal: Principal, job: Job) -> bool:
    """Whether somebody may end a job: who handed it in, the department's steward, the operator."""
    if principal.origin is Origin.LOCAL:
        return True
    own = principal.subject == job.owner.subject or Role.STEWARD in principal.roles
    return may_see(principal, job) and own
