"""key, grant, release, audit: access administered by command line, each step in the audit by its author."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from api_serving import contract, publish
from installation import Installation, installation

from spatial.database import connect


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    publish(database, contract("points"))
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def _json(site: Installation, *arguments: str) -> object:
    done = site.run(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_access_is_administered_and_audited(site: Installation, database: str) -> None:
    by = ("--author", "张伟")
    made = site.run("key", "add", "水位站", "--department", "水利局", "--role", "reader", *by)
    text = made.stdout.strip()
    assert made.returncode == 0
    assert len(text) == 56
    listed = site.run("key", "list")
    assert text[:12] in listed.stdout
    assert text[13:] not in listed.stdout + made.stderr
    assert _json(site, "key", "revoke", text[:12], *by)["revoked"]  # type: ignore[index]
    granted = _json(site, "grant", "add", "points", "水利局", "read", "--until", "2099-01-01", *by)
    assert granted["until"].startswith("2099-01-01")  # type: ignore[index]
    assert site.run("grant", "revoke", str(granted["id"]), *by).returncode == 0  # type: ignore[index]
    assert site.run("release", "class", "large-scale", *by).returncode == 0
    assert site.run("release", "mark", "points", "large-scale", *by).returncode == 0
    approval = ("large-scale", "水利局", "3号", "--until", "2099-01-01")
    assert site.run("release", "approve", *approval, *by).returncode == 0
    assert _json(site, "release", "list")["layers"] == {"points": "large-scale"}  # type: ignore[index]

    lines = site.run("audit", "list", "--json").stdout.splitlines()
    entries = [json.loads(line) for line in reversed(lines)]
    assert [each["action"] for each in entries] == [
        "layer-publish",
        "key-add",
        "key-revoke",
        "grant-add",
        "grant-revoke",
        "release-class",
        "release-layer",
        "release-approval",
    ]
    assert {each["subject"] for each in entries[1:]} == {"张伟"}
    whole = site.run("audit", "verify")
    assert whole.returncode == 0
    head = whole.stdout.split("head ")[1].strip()
    assert site.run("audit", "verify", "--head", head).returncode == 0
    with connect(database) as connection:
        connection.execute("alter table spatial.audit disable trigger append_only")
        connection.execute("update spatial.audit set subject = '李娜' where id = 3")
    broken = site.run("audit", "verify")
    assert broken.returncode == 7
    assert "被改动:3" in broken.stdout


WRONG = [
    (("key", "add", "a", "--role", "owner"), 2, "owner"),
    (("key", "revoke", "omk_none"), 4, "omk_none"),
    (("grant", "add", "nothing", "水利局", "read"), 4, "nothing"),
    (("grant", "add", "points", " ", "read"), 2, "department"),
    (("grant", "add", "points", "水利局", "read", "--until", "tomorrow"), 2, "tomorrow"),
    (("release", "class", "x", "--threshold-km2", "-1"), 2, "-1"),
    (("release", "mark", "points", "nothing"), 4, "nothing"),
]


def test_wrong_words_are_named(site: Installation) -> None:
    for arguments, code, named in WRONG:
        done = site.run(*arguments, "--author", "张伟")
        assert done.returncode == code, done.stderr
        assert named in done.stderr
        assert "Traceback" not in done.stderr
