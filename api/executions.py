"""What an execute request asks for: checked against its process, with what the asker may see."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from address.processes import ADDRESS
from api.body import json_object
from api.catalogue import Catalogue
from api.release import uncounted
from planning.processes import PLANNING
from planning.profiles import of_layer
from spatial.access.model import ANONYMOUS, Origin, Principal
from spatial.datum import BEIJING
from spatial.errors import Forbidden, Unauthenticated
from spatial.jobs import callback, content
from spatial.jobs.inputs import bad, check, placed
from spatial.jobs.model import JSON_TYPE, Answer, Document, Grant, Job, Owner, Referred, Request, Subscriber
from spatial.jobs.process import Process, Processes
from spatial.jobs.processes import ground
from spatial.jobs.rights import require_entire
from spatial.jobs.run import execute
from spatial.jobs.workplace import Workplace
from water.archive.processes import ARCHIVE
from water.cameras.processes import CAMERAS_OFFERED
from water.evacuation.processes import EVACUATIONS
from water.flood.processes import FLOOD
from water.forecast.processes import FORECASTS
from water.gauges.processes import GAUGES
from water.plans.processes import RESPONSE_PLANS
from water.processes import RIVERS
from water.warning.processes import WARNINGS
from water.works.processes import WORKS

OFFERED = Processes(
    (
        *ground(of_layer),
        *ADDRESS,
        *PLANNING,
        *RIVERS,
        *WORKS,
        *GAUGES,
        *CAMERAS_OFFERED,
        *ARCHIVE,
        *FORECASTS,
        *WARNINGS,
        *FLOOD,
        *EVACUATIONS,
        *RESPONSE_PLANS,
    )
)
"""Every process of the platform; domain packages add theirs here."""
ASKER: ContextVar[Principal] = ContextVar("asker", default=ANONYMOUS)
"""Who asks, for the engine's plugins, which are handed no request."""
DEADLINE_S = 10.0
"""What somebody waits for ends by then; anything longer is a job."""
_MEMBERS = ("inputs", "outputs", "response", "subscriber")
_QUALIFIED = frozenset({"value", "mediaType", "encoding", "schema"})
_MODES = ("value", "reference")


@dataclass(frozen=True, slots=True)
class Part:
    """One output, ready to be sent."""

    name: str
    media_type: str
    content: bytes
    file_name: str | None = None


class Executions:
    """Checks requests and runs what somebody waits for."""

    def __init__(self, catalogue: Catalogue, workplace: Workplace) -> None:
        self._catalogue = catalogue
        self._workplace = workplace

    def __deepcopy__(self, memo: object) -> Executions:
        """The engine copies its configuration, and this with it."""
        return self

    def request(
        self,
        principal: Principal,
        name: str,
        document: Mapping[str, Any],
        referred: tuple[Referred, ...] = (),
        restricted: frozenset[str] = frozenset(),
    ) -> Request:
        """The piece of work that an execute request names, in every part checked.

        ``restricted``: layers that inputs by reference were read from, of which not everybody sees so much.
        """
        process = OFFERED[name]
        inputs = values(document.get("inputs", {}))
        check(process, inputs)
        return Request(
            process=process.id,
            version=process.version,
            inputs=inputs,
            owner=self.owner(principal, process, inputs, restricted),
            answer=_answer(process, document),
            subscriber=self._subscriber(document["subscriber"]) if "subscriber" in document else None,
            referred=referred,
        )

    def owner(
        self,
        principal: Principal,
        process: Process,
        inputs: Mapping[str, Any],
        restricted: frozenset[str] = frozenset(),
    ) -> Owner:
        """Who asks, with the fields they may see of each layer; refused where a right is missing."""
        layers = {}
        for layer_id, right in process.needs(inputs).items():
            with placed(inputs):
                shown = self._catalogue.get(layer_id, principal)
            shown.require(right, principal)
            if process.entire and principal.origin is not Origin.LOCAL:
                require_entire(layer_id, tuple(shown.fields), [one.name for one in shown.contract.fields])
            tells = process.releases or inputs.get("dry_run", False)  # which lists features, too
            if tells and layer_id in self._catalogue.limits:
                raise uncounted(shown, process.id)
            layers[layer_id] = Grant(tuple(shown.fields), shown.rights)
        wanted = process.wants(inputs)
        seen = self._catalogue.seen_by(principal) if wanted else {}
        for layer_id, right in wanted.items():
            # What the export guard counts leaves by doors that count it.
            if layer_id in seen and right in seen[layer_id].rights and layer_id not in self._catalogue.limits:
                shown = self._catalogue.get(layer_id, principal)  # which notes it for the audit
                layers.setdefault(layer_id, Grant(tuple(shown.fields), shown.rights))
        for layer_id in restricted:  # so that results are for who may see what came by reference, too
            shown = self._catalogue.get(layer_id, principal)
            layers.setdefault(layer_id, Grant(tuple(shown.fields), shown.rights))
        return Owner.of(principal, layers)

    def shows(self, principal: Principal, job: Job) -> bool:
        """Whether somebody may see now all that a job has seen: rights end, and colleagues' differ."""
        return shows(self._catalogue, principal, job)

    def shows_all(self, principal: Principal, owner: Owner) -> bool:
        """Whether somebody may see now all layers and fields that an owner had."""
        return _shows_all(self._catalogue, principal, owner)

    def require_shown(self, principal: Principal, job: Job) -> None:
        """Refuse the results of a job to who may not see what they were made from."""
        if not self.shows(principal, job):
            raise Forbidden(
                f"结果取自您现在看不到的图层或字段,请由有权的人重新提交:{job.id}",
                "the results were made from layers or fields that you may not see now; somebody who may"
                f" has to hand it in again: {job.id}",
                value=job.id,
            )
        releases = job.process in OFFERED and OFFERED[job.process].releases
        for name in job.owner.layers:
            shown = self._catalogue.get(name, principal)  # which notes it for the audit
            if releases and name in self._catalogue.limits:
                raise uncounted(shown, job.process)

    def kept_until(self, finished_at: datetime) -> datetime:
        """Until when the results of a job that ended then are kept."""
        return finished_at + timedelta(days=self._workplace.results_days)

    def execute(self, request: Request) -> list[Part]:
        """Run it now, in this thread; TakesTooLong where it does not end in time."""
        process = OFFERED[request.process]
        with tempfile.TemporaryDirectory(prefix="onemap-execute-") as work:
            made = execute(
                self._workplace,
                process,
                request.inputs,
                request.owner,
                datetime.now(BEIJING),
                Path(work),
                DEADLINE_S,
            )
            wanted = request.answer.outputs
            return [
                Part(name, JSON_TYPE, content.canonical(one.value))
                if isinstance(one, Document)
                else Part(name, one.media_type, one.path.read_bytes(), one.name)
                for name, one in made.items()
                if wanted is None or name in wanted
            ]

    def _subscriber(self, given: object) -> Subscriber:
        known = ("successUri", "inProgressUri", "failedUri")
        if not isinstance(given, dict) or not isinstance(given.get("successUri"), str):
            raise bad("/subscriber/successUri", "缺少", "is missing", "successUri")
        for name, value in given.items():
            if name not in known or not isinstance(value, str):
                raise bad(f"/subscriber/{name[:40]}", "不认得", "is unknown or no text", value)
            callback.target(value, self._workplace.callback_hosts)
        return Subscriber(given["successUri"], given.get("inProgressUri"), given.get("failedUri"))


def shows(catalogue: Catalogue, principal: Principal, job: Job) -> bool:
    """Whether somebody may see now all layers and fields that a job has seen."""
    return _shows_all(catalogue, principal, job.owner)


def _shows_all(catalogue: Catalogue, principal: Principal, owner: Owner) -> bool:
    seen = catalogue.seen_by(principal)
    return all(
        name in seen and set(grant.fields) <= set(seen[name].fields) for name, grant in owner.layers.items()
    )


def require_known(owner: Owner) -> None:
    """Jobs are kept and cost something: they are run for departments, not for anybody."""
    if not owner.known:
        raise Unauthenticated(
            "匿名只能同步执行;作为任务执行须先认证:respond-async",
            "anonymous requests are answered at once; to run a job say who you are: respond-async",
            value="respond-async",
        )


def parse(body: bytes) -> dict[str, Any]:
    """The execute request as a JSON object with members that are known."""
    document = json_object(body)
    if b"\\u0000" in body:
        raise bad("/inputs", "含有 NUL 字符", "contains NUL", "\\u0000")
    for name in document:
        if name not in _MEMBERS:
            raise bad(f"/{name[:40]}", f"不认得,可用的有 {'、'.join(_MEMBERS)}", "is unknown", name)
    return document


def values(given: object) -> dict[str, Any]:
    """The inputs' values; a value may be qualified by its media type. References are resolved by now."""
    if not isinstance(given, dict):
        raise bad("/inputs", "须为对象", "must be an object", type(given).__name__)
    found = {}
    for name, value in given.items():
        qualified = isinstance(value, dict) and "value" in value and value.keys() <= _QUALIFIED
        found[name] = value["value"] if qualified else value
    return found


def _answer(process: Process, document: Mapping[str, Any]) -> Answer:
    form = document.get("response", "raw")
    if form not in ("raw", "document"):
        raise bad("/response", "须为 raw 或 document", "must be raw or document", form)
    given = document.get("outputs")
    if given is None or given == {}:
        return Answer(form)
    if not isinstance(given, dict):
        raise bad("/outputs", "须为对象", "must be an object", type(given).__name__)
    outputs = {}
    for name, wanted in given.items():
        pointer = f"/outputs/{name[:40]}"
        if name not in process.outputs:
            names = ", ".join(process.outputs)
            raise bad(pointer, f"不存在,可用的有 {names}", f"is unknown, there are {names}", name)
        mode = wanted.get("transmissionMode", "value") if isinstance(wanted, dict) else None
        if mode not in _MODES:
            raise bad(
                f"{pointer}/transmissionMode", "须为 value 或 reference", "must be value or reference", wanted
            )
        outputs[name] = mode
    return Answer(form, outputs)
