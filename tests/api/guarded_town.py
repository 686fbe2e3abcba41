"""A guarded town: who there is, what they may see by the rules, and a server that has to keep to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
from api_serving import Served, contract, database_of, deliver, places, publish, server, until
from oidc_provider import AUDIENCE, Provider, provider

from api.executions import OFFERED
from spatial.access import audit, store
from spatial.access.model import Right, Role
from spatial.catalogue.contract import Sharing, Title
from spatial.database import connect
from spatial.jobs.run import run
from spatial.jobs.workplace import Workplace

STEWARD = "自然资源和规划局"
CANARY, FIELD, TITLE = "王某", "owner", "权利人"
"""Value, name and title of the field that is not public."""
LAYERS = {"shared": Sharing.OPEN, "terms": Sharing.CONDITIONAL, "withheld": Sharing.CLOSED}
MISSING = "nobody-has-it"
UNKNOWN = "nobdy"
"""No field of any layer; as long as the one that is hidden, so that positions are the same."""
NOTHING, PUBLIC, INTERNAL = "nothing", "public", "internal"


@dataclass(frozen=True)
class Who:
    """Somebody, and what they may see by the rules of trust.md, 4: written by hand."""

    roles: tuple[Role, ...]
    department: str | None
    shared: str
    terms: str
    withheld: str
    edits: tuple[str, ...] = ()


WHO = {
    "anonymous": Who((), None, PUBLIC, NOTHING, NOTHING),
    "stranger": Who((Role.READER,), "教育局", PUBLIC, NOTHING, NOTHING),
    "granted": Who((Role.READER,), "水利局", PUBLIC, PUBLIC, NOTHING),
    "trusted": Who((Role.READER,), "住建局", INTERNAL, INTERNAL, NOTHING),
    "granted, no role": Who((Role.AUDITOR,), "住建局", PUBLIC, NOTHING, NOTHING),
    "lent editor": Who((Role.EDITOR,), "农业农村局", PUBLIC, PUBLIC, NOTHING, ("terms",)),
    "lent steward": Who((Role.STEWARD,), "农业农村局", PUBLIC, PUBLIC, NOTHING, ("terms",)),
    "own reader": Who((Role.READER,), STEWARD, INTERNAL, INTERNAL, INTERNAL),
    "own editor": Who((Role.EDITOR,), STEWARD, INTERNAL, INTERNAL, INTERNAL, tuple(LAYERS)),
    "own steward": Who((Role.STEWARD,), STEWARD, INTERNAL, INTERNAL, INTERNAL, tuple(LAYERS)),
    "security administrator": Who((Role.SECURITY_ADMINISTRATOR,), STEWARD, PUBLIC, NOTHING, NOTHING),
    "auditor": Who((Role.AUDITOR,), None, PUBLIC, NOTHING, NOTHING),
}
GRANTS = [
    ("terms", "水利局", Right.READ),
    ("shared", "住建局", Right.READ_INTERNAL),
    ("terms", "住建局", Right.READ_INTERNAL),
    ("terms", "农业农村局", Right.EDIT),
    ("terms", "农业农村局", Right.REVIEW),
]


def title_of(layer: str) -> str:
    """Title of a layer, said of no other."""
    return f"图名-{layer}"


def reason_of(layer: str) -> str:
    """Reason of a layer's changesets."""
    return f"由头-{layer}"


def author_of(layer: str) -> str:
    """Author of a layer's changesets."""
    return f"经手-{layer}"


def hidden_marks(layer: str) -> tuple[str, ...]:
    """What must not be read where a layer is hidden."""
    told = (title_of(layer), reason_of(layer), author_of(layer))
    return (*told, f'"{layer}"', f"/collections/{layer}", f">{layer}<", f"items.{layer}")


def unsaid(text: str) -> bool:
    """Nothing of the hidden field is in an answer."""
    return not any(mark in text for mark in (CANARY, TITLE, f'"{FIELD}"', f">{FIELD}<"))


@dataclass(frozen=True)
class Town:
    """A guarded server, its provider, and a client for everybody."""

    served: Served
    idp: Provider
    keys: dict[str, str]
    log: Path

    def ask(self, method: str, who: str, path: str, body: object = None, **headers: str) -> httpx.Response:
        shown = {} if who == "anonymous" else {"X-API-Key": self.keys[who]}
        return self.served.client.request(method, path, headers={**shown, **headers}, json=body)

    def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        shown = {} if who == "anonymous" else {"X-API-Key": self.keys[who]}
        return self.served.client.get(path, headers={**shown, **headers})

    def post(self, who: str, path: str, document: dict[str, object]) -> httpx.Response:
        return self.ask("POST", who, path, document)

    def anew(self, who: str) -> str:
        """Somebody alike with a key of their own: the audit takes so many refusals a minute of each."""
        if who == "anonymous":
            return who
        name = f"{who} {len(self.keys)}"
        with connect(self.served.dsn) as connection:
            made = store.add_key(connection, name, WHO[who].department, WHO[who].roles, by="test")
        self.keys[name] = made[1]
        fresh = {"connection": "close"}  # falls on either worker
        until(lambda: all(self.get(name, "/access/me", **fresh).status_code == 200 for _ in range(8)))
        return name

    def done(self, who: str, process: str, **inputs: object) -> str:
        """The id of a job handed in over HTTP and run here, as a worker runs it."""
        made = self.ask(
            "POST", who, f"/processes/{process}/execution", {"inputs": inputs}, Prefer="respond-async"
        )
        assert made.status_code == 201, made.text
        job = str(made.json()["jobID"])
        run(Workplace(self.served.dsn, "370783"), OFFERED, job, 1)
        return job

    def audited(self, action: str, subject: str) -> list[audit.Entry]:
        """Entries of somebody, the newest first."""
        with connect(self.served.dsn) as connection:
            found = audit.entries(connection, limit=10_000)
        return [each for each in found if each.action == action and each.subject == subject]


@contextmanager
def guarded_town(server_dsn: str, template: str, log: Path) -> Iterator[Town]:
    """Three layers, each with canaries in all that is said of it; everybody has a key."""
    with database_of(server_dsn, template) as dsn, provider() as idp:
        for id, sharing in LAYERS.items():
            made = replace(contract(id), sharing=sharing, title=Title(title_of(id), title_of(id)))
            publish(dsn, made)
            deliver(dsn, id, places(12), reason=reason_of(id), author=author_of(id))
        keys = {}
        with connect(dsn) as connection:
            for name, who in WHO.items():
                if who.roles:
                    _, keys[name] = store.add_key(connection, name, who.department, who.roles, by="test")
            for layer, department, right in GRANTS:
                store.add_grant(connection, layer, department, right, by="test")
        settings = {
            "ONEMAP_ACCESS": "guarded",
            "ONEMAP_OIDC_ISSUER": idp.issuer,
            "ONEMAP_OIDC_AUDIENCE": AUDIENCE,
        }
        with server(dsn, log, workers=2, environment=settings) as running:
            yield Town(running, idp, keys, log)
