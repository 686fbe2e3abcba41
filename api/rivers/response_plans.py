"""Response plans over HTTP 预案: versions, what differs between two, activations as they stand."""

from __future__ import annotations

from datetime import datetime

from starlette.routing import Route

from api.door import route
from api.parameters import COMMON, given, whole
from api.problem import BadParameter
from api.rivers.held import RiverDoor, require
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import BEIJING
from water.plans import store, wording
from water.plans.difference import Held, between
from water.plans.layers import PLANS
from water.plans.model import Activation, State, Version

NUMBER_MAX = 2_147_483_647
_PLAN = "/response-plans/{plan}"


class ResponsePlans(RiverDoor):
    """The handlers of response plans; who may read their register reads them."""

    def routes(self) -> list[Route]:
        """The plans, a plan's versions, what differs, its activations."""
        return [
            route("/response-plans", self.plans),
            route(f"{_PLAN}/versions", self.versions),
            route(f"{_PLAN}/versions/{{version}}", self.version),
            route(f"{_PLAN}/difference", self.difference),
            route(f"{_PLAN}/activations", self.activations),
            route(f"{_PLAN}/activations/{{activation}}", self.activation),
            route(_PLAN, self.plan),
        ]

    async def plans(self, request: Request) -> Reply:
        """``/response-plans``: each with its newest version and the one in force."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, PLANS)
        found = await self._desk.run(store.plans)
        base = request.base_url(self._base_url)
        document = {
            "plans": [_plan(each, base) for each in found],
            "links": [{"href": f"{base}/response-plans", "rel": "self"}],
        }
        return self._reply(request, parameters, document, "应急预案 Response plans")

    async def plan(self, request: Request) -> Reply:
        """``/response-plans/{plan}``: one plan."""
        parameters = given(request.query_string, COMMON)
        found = await self._versions(request)
        document = _plan(found, request.base_url(self._base_url))
        return self._reply(request, parameters, document, f"预案 Plan {found[0].plan}")

    async def versions(self, request: Request) -> Reply:
        """``/response-plans/{plan}/versions``: every version with the steps of its life."""
        parameters = given(request.query_string, COMMON)
        found = await self._versions(request)
        document = {"plan": found[0].plan, "versions": [wording.listed(each) for each in found]}
        return self._reply(request, parameters, document, f"预案版本 Versions {found[0].plan}")

    async def version(self, request: Request) -> Reply:
        """``/response-plans/{plan}/versions/{version}``: one version with its content."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, PLANS)
        plan, number = request.path_params["plan"], _number("version", request.path_params["version"])
        found = await self._desk.run(lambda connection: store.version(connection, plan, number))
        return self._reply(request, parameters, wording.version(found), f"预案 Plan {plan} {number}")

    async def difference(self, request: Request) -> Reply:
        """``/response-plans/{plan}/difference?from=&to=``: items and people that differ."""
        parameters = given(request.query_string, (*COMMON, "from", "to"))
        require(self._catalogue, request.principal, PLANS)
        plan = request.path_params["plan"]
        sides = [_needed(name, parameters) for name in ("from", "to")]

        def read(connection: Connection) -> list[Held]:
            return [Held(each, store.version(connection, plan, each).content) for each in sides]

        older, newer = await self._desk.run(read)
        document = {"plan": plan, **between(older, newer)}
        return self._reply(request, parameters, document, f"预案对比 Difference {plan}")

    async def activations(self, request: Request) -> Reply:
        """``/response-plans/{plan}/activations``: when the plan was put to work, the newest first."""
        parameters = given(request.query_string, COMMON)
        plan = (await self._versions(request))[0].plan
        found = await self._desk.run(lambda connection: store.activations(connection, plan))
        document = {"plan": plan, "activations": [wording.headed(each) for each in found]}
        return self._reply(request, parameters, document, f"启动记录 Activations {plan}")

    async def activation(self, request: Request) -> Reply:
        """``/response-plans/{plan}/activations/{activation}``: what was due when, and who confirmed it."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, PLANS)
        plan, number = request.path_params["plan"], _number("activation", request.path_params["activation"])

        def read(connection: Connection) -> tuple[Activation, Version]:
            one = store.activation(connection, plan, number)
            return one, store.version(connection, plan, one.version)

        one, version = await self._desk.run(read)
        document = wording.activation(one, version.content, datetime.now(BEIJING))
        return self._reply(request, parameters, document, f"启动记录 Activation {plan} {number}")

    async def _versions(self, request: Request) -> list[Version]:
        require(self._catalogue, request.principal, PLANS)
        plan = request.path_params["plan"]
        found = await self._desk.run(lambda connection: store.versions(connection, plan))
        if not found:
            raise store.unknown(plan)
        return found


def _plan(versions: list[Version], base: str) -> dict[str, object]:
    last = versions[-1]
    standing = next((each.number for each in versions if each.state is State.IN_FORCE), None)
    address = f"{base}/response-plans/{last.plan}"
    return {
        "plan": last.plan,
        "title": last.content["title"],
        "version": last.number,
        "state": last.state.value,
        "in_force": standing,
        "links": [
            {"href": address, "rel": "self"},
            {"href": f"{address}/versions", "rel": "version-history"},
            {"href": f"{address}/activations", "rel": "related"},
        ],
    }


def _number(name: str, text: str) -> int:
    """A number in an address; what is none is not there."""
    if not text.isascii() or not text.isdigit() or not 0 < int(text[:20]) <= NUMBER_MAX:
        raise store.unknown(text)
    return int(text)


def _needed(name: str, parameters: dict[str, str]) -> int:
    found = whole(name, parameters.get(name))
    if found is None or not 0 < found <= NUMBER_MAX:
        raise BadParameter(
            name, "须为版本号", "must be the number of a version", value=parameters.get(name, "")
        )
    return found
