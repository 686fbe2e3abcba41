"""Claims over HTTP 主张: all that is said of a subject side by side, which is shown, and since when."""

from __future__ import annotations

from starlette.routing import Route

from api.door import route
from api.parameters import COMMON, given
from api.rivers.held import AT, Document, RiverDoor, moment, require
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import shorten
from water.errors import UnknownClaim
from water.works import claim_store, claims
from water.works.claim import Answered, Choice, Held
from water.works.layers import CHOICES, CLAIMS, contract
from water.works.vocabulary import shipped
from water.works.wording import told


class RiverClaims(RiverDoor):
    """The handlers of claims."""

    def routes(self) -> list[Route]:
        """Vocabulary, subjects, the claims on one, one claim with its history."""
        return [
            route("/rivers/claim-properties", self.properties),
            route("/rivers/subjects", self.subjects),
            route("/rivers/subjects/{subject}/claims", self.of_subject),
            route("/rivers/claims/{claim}", self.claim),
        ]

    async def properties(self, request: Request) -> Reply:
        """``/rivers/claim-properties``: what can be claimed, of which kind of quantity, in which units."""
        parameters = given(request.query_string, COMMON)
        document = {
            "properties": [
                {
                    "id": each.id,
                    "title": {"zh": each.title.zh, "en": each.title.en},
                    "quantity": each.quantity.id,
                    "unit": each.unit,
                    "units": list(each.quantity.units),
                    "datum": each.is_height,
                }
                for each in shipped().values()
            ]
        }
        return self._reply(request, parameters, document, "主张的属性 Properties of claims")

    async def subjects(self, request: Request) -> Reply:
        """``/rivers/subjects``: what something is claimed of."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, CLAIMS)
        then = moment(parameters)
        found = await self._desk.run(lambda connection: claim_store.subjects(connection, then))
        base = request.base_url(self._base_url)
        document = {
            "subjects": [
                {
                    "kind": kind,
                    "id": subject,
                    "name": name,
                    "claims": count,
                    "href": f"{base}/rivers/subjects/{subject}/claims",
                }
                for kind, subject, name, count in found
            ]
        }
        return self._reply(request, parameters, document, "主张的对象 Subjects of claims")

    async def of_subject(self, request: Request) -> Reply:
        """``/rivers/subjects/{subject}/claims``: by property; conflicts grouped, the chosen one named."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, CLAIMS, CHOICES)
        subject, then = request.path_params["subject"], moment(parameters)
        found = await self._desk.run(lambda connection: claims.of_subject(connection, subject, then))
        if not found:
            shown = shorten(subject, 60)
            raise UnknownClaim(
                f"对它没有主张,有主张的对象见 /rivers/subjects:{shown}",
                f"nothing is claimed of it, /rivers/subjects lists what is: {shown}",
                value=shown,
            )
        first = found[0].claims[0].claim.subject
        document = {
            "subject": {"kind": first.kind, "id": first.id, "name": first.name},
            "datetime": format_instant(then.at),
            "answers": [_answered(each) for each in found],
        }
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "claims.html", base)

    async def claim(self, request: Request) -> Reply:
        """``/rivers/claims/{claim}``: one claim, how it has stood, and the choices about its question."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, CLAIMS, CHOICES)
        claim_id = request.path_params["claim"]

        def read(connection: Connection) -> tuple[list[Held], list[Choice]]:
            stood = claim_store.versions(connection, claim_id)
            if not stood:
                raise claims.unknown(claim_id)
            return stood, claim_store.choice_history(connection, stood[-1].claim.question)

        stood, chosen = await self._desk.run(read)
        document = {
            **_held(stood[-1]),
            "history": [
                {
                    "standing": each.claim.standing.value,
                    "note": each.claim.note,
                    "by": each.entered_by,
                    "department": each.department,
                    "recorded_at": format_instant(each.recorded_at),
                }
                for each in stood
            ],
            "choices": [_choice(each) for each in chosen],
        }
        return self._reply(request, parameters, document, f"主张 Claim {claim_id}")


def _answered(one: Answered) -> Document:
    of = shipped()[one.question.attribute]
    shown = one.shown
    return {
        "property": of.id,
        "title": {"zh": of.title.zh, "en": of.title.en},
        "quantity": of.quantity.id,
        "scope": one.question.scope,
        "applies_to": one.question.applies_to,
        "conflict": one.conflict,
        "groups": [[each.claim.id for each in group] for group in one.groups],
        "shown": None if shown is None else shown.claim.id,
        "choice": None if one.choice is None else _choice(one.choice),
        "claims": [_held(each) for each in one.claims],
    }


def _held(held: Held) -> Document:
    claim = held.claim
    value, said = claim.value, told(claim.value)
    standing = dict(contract(CLAIMS).field("standing").codes)[claim.standing.value]
    return {
        "id": claim.id,
        "subject": claim.subject.id,
        "property": claim.attribute,
        "scope": claim.scope,
        "applies_to": claim.applies_to,
        "value": value.number,
        "value_to": value.number_to,
        "bound": value.bound.value,
        "text": value.text,
        "told": {"zh": said.zh, "en": said.en},
        "unit": None if value.number is None else value.unit,
        "vertical_datum": value.datum.value,
        "source": {
            "document": claim.source.document,
            "page": claim.source.page,
            "date": claim.source.date,
            "author": claim.source.author,
        },
        "standing": claim.standing.value,
        "standing_title": {"zh": standing.zh, "en": standing.en},
        "note": claim.note,
        "entered_by": held.entered_by,
        "department": held.department,
        "entered_at": format_instant(held.recorded_at),
        "changeset": held.changeset,
    }


def _choice(choice: Choice) -> Document:
    return {
        "claim": choice.claim_id,
        "reason": choice.reason,
        "chosen_by": choice.chosen_by,
        "department": choice.department,
        "from": format_instant(choice.valid_from),
        "recorded_at": format_instant(choice.recorded_at),
    }
