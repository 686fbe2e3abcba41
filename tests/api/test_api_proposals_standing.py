"""Who a proposal rests on must still be somebody who may: role × what became of their right meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from api_serving import until
from guarded_town import STEWARD, Town, guarded_town

from spatial.access import store
from spatial.access.model import Right, Role
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Sharing
from spatial.database import connect

NUMBER = count(20)
"""Of the feature that a case proposes to change: each its own."""


@dataclass
class Office:
    """A department that was lent the layer, and the keys of its people."""

    town: Town
    name: str
    grants: dict[Right, int] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Identifiers of keys, by who has them."""

    def key(self, who: str, *roles: Role, expires_at: datetime | None = None) -> str:
        """Somebody of the department with a key, which both workers know."""
        with connect(self.town.served.dsn) as connection:
            key, text = store.add_key(connection, who, self.name, roles, by="test", expires_at=expires_at)
        self.keys[who], self.town.keys[who] = key.id, text
        self.known(who, 200)
        return who

    def known(self, who: str, status: int) -> None:
        """Until both workers answer so."""
        fresh = {"connection": "close"}
        until(lambda: all(self.town.get(who, "/access/me", **fresh).status_code == status for _ in range(8)))

    def grant(self, right: Right, until_when: datetime | None = None) -> None:
        with connect(self.town.served.dsn) as connection:
            made = store.add_grant(connection, "terms", self.name, right, by="test", until=until_when)
        self.grants[right] = made.id

    def end(self, right: Right) -> None:
        with connect(self.town.served.dsn) as connection:
            store.revoke_grant(connection, self.grants.pop(right), by="test")

    def revoke(self, who: str) -> None:
        with connect(self.town.served.dsn) as connection:
            store.revoke_key(connection, self.keys[who], by="test")


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of these tests alone, which change its layer's sharing."""
    with guarded_town(server_dsn, template, tmp_path_factory.mktemp("api") / "guarded.log") as made:
        yield made


@pytest.fixture
def office(town: Town) -> Iterator[Office]:
    made = Office(town, f"借用局 {next(NUMBER)}")
    made.grant(Right.EDIT)
    made.grant(Right.REVIEW)
    made.grant(Right.READ)
    yield made
    for right in list(made.grants):
        made.end(right)


def propose(town: Town, who: str, fid: str, **headers: str) -> httpx.Response:
    changed = {
        "type": "Feature",
        "id": fid,
        "geometry": {"type": "Point", "coordinates": [118.8, 36.9]},
        "properties": {"code": fid, "name": "提"},
    }
    body = {"type": "FeatureCollection", "reason": "核查", "features": [changed]}
    return town.ask("POST", who, "/collections/terms/proposals", body, **headers)


def step(town: Town, who: str, number: int, name: str, **body: object) -> httpx.Response:
    return town.ask("POST", who, f"/proposals/{number}/{name}", body)


def approve(town: Town, who: str, number: int) -> httpx.Response:
    return step(town, who, number, "review", verdict="approve", reason="属实")


def proposed(town: Town, who: str) -> int:
    """The number of a proposal of a new feature."""
    told: list[httpx.Response] = []
    fid = f"S{next(NUMBER):06}"

    def made() -> bool:  # a grant of a moment ago may not be known to both workers
        told.append(propose(town, who, fid))
        return told[-1].status_code == 201

    until(made)
    return int(told[-1].json()["id"])


def head(town: Town) -> int:
    return int(town.get("own steward", "/changesets?layer=terms").json()["changesets"][0]["id"])


def refused(town: Town, answer: httpx.Response, number: int, state: str, **expected: str) -> dict[str, Any]:
    """It says who and why, and nothing has moved."""
    assert answer.status_code == 409, answer.text
    told: dict[str, Any] = answer.json()
    assert told["code"] == "proposal-unsupported"
    assert {name: told[name] for name in expected} == expected
    assert expected["name"] in told["zh"] and expected["name"] in told["en"]
    assert town.get("own steward", f"/proposals/{number}").json()["state"] == state
    return told


def close(town: Town, sharing: Sharing) -> None:
    with connect(town.served.dsn) as connection:
        contract = catalogue.get(connection, "terms").contract
        catalogue.publish(connection, replace(contract, sharing=sharing))


LOSSES = ["grant revoked", "grant over", "key revoked", "key expired", "shared no more"]


def lose(office: Office, who: str, right: Right, how: str) -> str:
    """What becomes of somebody's right; the cause that is told."""
    if how == "grant revoked":
        office.end(right)
    elif how == "grant over":
        office.end(right)
        office.grant(right, datetime.now(UTC) - timedelta(seconds=1))
    elif how == "key revoked":
        office.revoke(who)
        return "no-key"
    elif how == "key expired":
        with connect(office.town.served.dsn) as connection:
            connection.execute(
                "update spatial.api_key set expires_at = clock_timestamp() - interval '1 s' where id = %s",
                (office.keys[who],),
            )
        return "no-key"
    else:
        close(office.town, Sharing.CLOSED)
    return "no-right"


@pytest.mark.parametrize("how", LOSSES)
def test_what_an_author_proposed_who_may_not_edit_any_more_is_not_applied(office: Office, how: str) -> None:
    town = office.town
    author = office.key(f"提案人 {next(NUMBER)}", Role.EDITOR)
    number, fresh = proposed(town, author), proposed(town, author)
    assert approve(town, "own steward", number).status_code == 200
    before = head(town)
    try:
        cause = lose(office, author, Right.EDIT, how)
        told = refused(
            town,
            step(town, "own steward", number, "apply"),
            number,
            "approved",
            who="author",
            name=author,
            department=office.name,
            right="edit",
            cause=cause,
        )
        assert f"/proposals/{number}/changes" in told["zh"] and f"/proposals/{number}/changes" in told["en"]
        assert (STEWARD in told["zh"]) is (cause == "no-right")
        assert head(town) == before
        # Nor is it approved; but anybody who may review rejects it.
        refused(town, approve(town, "own steward", fresh), fresh, "proposed", who="author", name=author)
        rejected = step(town, "own steward", fresh, "review", verdict="reject", reason="无权")
        assert rejected.status_code == 200, rejected.text
    finally:
        if how == "shared no more":
            close(town, Sharing.CONDITIONAL)
    # What the refusal says to do helps: the right again, or a key again.
    if cause == "no-key":
        office.key(author, Role.EDITOR)
    elif how != "shared no more":
        office.grant(Right.EDIT)
    applied = step(town, "own steward", number, "apply")
    assert applied.status_code == 200, applied.text
    assert head(town) > before


@pytest.mark.parametrize("how", LOSSES)
def test_an_approval_counts_only_while_its_giver_may_review(office: Office, how: str) -> None:
    town = office.town
    approver = office.key(f"审核人 {next(NUMBER)}", Role.STEWARD)
    number = proposed(town, "own editor")
    until(lambda: approve(town, approver, number).status_code == 200)
    assert approve(town, "own steward", number).status_code == 409  # it stands, and once is enough
    before = head(town)
    try:
        cause = lose(office, approver, Right.REVIEW, how)
        told = refused(
            town,
            step(town, "own steward", number, "apply"),
            number,
            "approved",
            who="approver",
            name=approver,
            department=office.name,
            right="review",
            cause=cause,
        )
        assert "再次批准" in told["zh"] and "approve it again" in told["en"]
        assert head(town) == before
        assert approve(town, "own editor", number).status_code == 403  # which an editor may not
        again = approve(town, "own steward", number)
        assert again.status_code == 200, again.text
    finally:
        if how == "shared no more":
            close(town, Sharing.CONDITIONAL)
    applied = step(town, "own steward", number, "apply")
    assert applied.status_code == 200, applied.text
    assert [each["state"] for each in applied.json()["steps"]] == [
        "proposed",
        "approved",
        "approved",
        "applied",
    ]


def test_who_applies_must_be_one_who_may_review_now(office: Office) -> None:
    town = office.town
    applier = office.key(f"入库人 {next(NUMBER)}", Role.STEWARD)
    number = proposed(town, "own editor")
    assert approve(town, "own steward", number).status_code == 200
    office.end(Right.REVIEW)
    assert step(town, applier, number, "apply").status_code == 403  # at once
    assert town.get("own steward", f"/proposals/{number}").json()["state"] == "approved"
    office.grant(Right.REVIEW)
    office.revoke(applier)
    assert step(town, applier, number, "apply").status_code in (401, 403)
    assert town.get("own steward", f"/proposals/{number}").json()["state"] == "approved"
    assert step(town, "own steward", number, "apply").status_code == 200


def test_a_key_that_was_replaced_ends_nothing_but_a_lesser_role_does(office: Office) -> None:
    town = office.town
    author = office.key(f"提案人 {next(NUMBER)}", Role.EDITOR)
    number, other = proposed(town, author), proposed(town, author)
    for each in (number, other):
        assert approve(town, "own steward", each).status_code == 200
    old = office.keys[author]
    office.key(author, Role.EDITOR)
    with connect(town.served.dsn) as connection:
        store.revoke_key(connection, old, by="test")
    applied = step(town, "own steward", number, "apply")
    assert applied.status_code == 200, applied.text
    editing = office.keys[author]
    office.key(author, Role.READER)
    with connect(town.served.dsn) as connection:
        store.revoke_key(connection, editing, by="test")
    told = step(town, "own steward", other, "apply")
    refused(town, told, other, "approved", who="author", name=author, cause="no-right")


def test_somebody_of_the_same_name_elsewhere_does_not_stand_for_an_author(office: Office) -> None:
    town = office.town
    author = office.key(f"提案人 {next(NUMBER)}", Role.EDITOR)
    number = proposed(town, author)
    assert approve(town, "own steward", number).status_code == 200
    office.revoke(author)
    with connect(town.served.dsn) as connection:
        store.add_key(connection, author, STEWARD, (Role.STEWARD,), by="test")
    told = step(town, "own steward", number, "apply")
    refused(town, told, number, "approved", who="author", name=author, cause="no-key")


def test_of_who_came_with_a_token_the_department_must_still_hold_the_right(office: Office) -> None:
    town = office.town
    signed = town.idp.token(sub="li", department=office.name, roles=["editor"])
    headers = {"Authorization": f"Bearer {signed}"}
    answers: list[httpx.Response] = []
    for _ in range(2):
        fid = f"S{next(NUMBER):06}"

        def made(fid: str = fid) -> bool:
            answers.append(propose(town, "anonymous", fid, **headers))
            return answers[-1].status_code == 201

        until(made)
    first, second = (int(each.json()["id"]) for each in answers if each.status_code == 201)
    for each in (first, second):
        assert approve(town, "own steward", each).status_code == 200
    assert step(town, "own steward", first, "apply").status_code == 200
    office.end(Right.EDIT)
    told = step(town, "own steward", second, "apply")
    refused(town, told, second, "approved", who="author", name="li", cause="no-right")


def test_what_is_told_of_a_refused_proposal_can_be_proposed_anew(office: Office) -> None:
    town = office.town
    author = office.key(f"提案人 {next(NUMBER)}", Role.EDITOR)
    number = proposed(town, author)
    assert approve(town, "own steward", number).status_code == 200
    office.end(Right.EDIT)
    assert step(town, "own steward", number, "apply").status_code == 409
    told = town.get("own editor", f"/proposals/{number}/changes").json()
    body = {"type": "FeatureCollection", "reason": "重新提出", "features": told["features"]}
    made = town.ask("POST", "own editor", "/collections/terms/proposals", body)
    assert made.status_code == 201, made.text
    anew = made.json()["id"]
    rejected = step(town, "own steward", number, "review", verdict="reject", reason="重新提出")
    assert rejected.status_code == 200
    assert approve(town, "own steward", anew).status_code == 200
    applied = step(town, "own steward", anew, "apply")
    assert applied.status_code == 200, applied.text
