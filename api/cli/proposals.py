"""``proposals``: what waits for review, what it would change, and the steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from api.cli.site import Site, data_option

if TYPE_CHECKING:
    from spatial.catalogue.store import Layer
    from spatial.proposals.content import Target
    from spatial.proposals.model import Proposal, Rebased

SHOWN = 20
_author = click.option("--author", required=True, help="经办人 Who takes this step.")
_department = click.option("--department", required=True, help="部门 Their department.")
_number = click.argument("number", type=click.IntRange(1))


@click.group()
@data_option
@click.pass_context
def proposals(ctx: click.Context, data: Path | None) -> None:
    """变更提案 Changes that wait for review: list, show, review, apply.

    \b
    Example:
      ./onemap proposals list
      ./onemap proposals show 3
      ./onemap proposals review 3 --approve --author 王芳 --department 民政局 --reason 属实
      ./onemap proposals apply 3 --author 王芳 --department 民政局
    """
    ctx.obj = data


@proposals.command("list")
@click.option("--layer", help="图层 Of one layer.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True, help="条数 How many."
)
@data_option
def listed(layer: str | None, limit: int, data: Path | None) -> None:
    """列出提案 The newest first."""
    from spatial.catalogue import store as catalogue
    from spatial.database import connect
    from spatial.proposals import store

    with connect(Site.of_subcommand(data).dsn()) as connection:
        layers = [each.contract.id for each in catalogue.layers(connection)]
        if layer is not None:
            layers = [catalogue.get(connection, layer).contract.id]
        for proposal in store.select(connection, layers, None, None, limit):
            click.echo(_headline(proposal))


@proposals.command()
@_number
@data_option
def show(number: int, data: Path | None) -> None:
    """查看提案 What it would change now, and what stands against it."""
    from spatial.catalogue import store as catalogue
    from spatial.database import connect
    from spatial.proposals import course, store

    with connect(Site.of_subcommand(data).dsn()) as connection:
        proposal = store.get(connection, number)
        target = _target(catalogue.get(connection, proposal.layer))
        click.echo(_headline(proposal))
        click.echo(f"内容摘要 digest {proposal.digest.hex()}")
        for one in course.compare(connection, target, proposal):
            click.echo(_line(one, target))
    for step in proposal.steps:
        changeset = f"  #{step.changeset}" if step.changeset else ""
        click.echo(
            f"{step.taken_at:%Y-%m-%d %H:%M} {step.state.value} {step.department} {step.author}:"
            f"{step.reason}{changeset}"
        )


@proposals.command()
@_number
@click.option("--approve/--reject", "approved", default=None, required=True, help="批准或驳回 The verdict.")
@_author
@_department
@click.option("--reason", required=True, help="意见 Why.")
@data_option
def review(number: int, approved: bool, author: str, department: str, reason: str, data: Path | None) -> None:
    """审核提案 Approve or reject what another person proposed."""
    from spatial.catalogue import store as catalogue
    from spatial.database import connect
    from spatial.proposals import course, store
    from spatial.proposals.model import Actor, State

    verdict = State.APPROVED if approved else State.REJECTED
    with connect(Site.of_subcommand(data).dsn()) as connection:
        held = store.get(connection, number, lock=True)
        visible = _target(catalogue.get(connection, held.layer)).visible
        actor = Actor(author, department)
        click.echo(_headline(course.review(connection, held, actor, verdict, reason, None, visible)))


@proposals.command("apply")
@_number
@_author
@_department
@data_option
def applied(number: int, author: str, department: str, data: Path | None) -> None:
    """入库 Write an approved proposal into history as one changeset."""
    from spatial.catalogue import store as catalogue
    from spatial.catalogue.city import read_city
    from spatial.database import connect
    from spatial.proposals import course, store
    from spatial.proposals.model import Actor

    site = Site.of_subcommand(data)
    with connect(site.dsn()) as connection:
        held = store.get(connection, number, lock=True)
        target = _target(catalogue.get(connection, held.layer))
        city = read_city(site.settings.city)
        made = course.apply(connection, target, held, Actor(author, department), city)
    click.echo(_headline(made) + f"  #{made.steps[-1].changeset or '—'}")


def _target(layer: Layer) -> Target:
    """The layer with its public fields: the command line names nobody who may see others."""
    from spatial.proposals.content import Target

    visible = tuple(column.name for column in layer.table.columns if column.public)
    return Target(layer.contract, layer.table, visible)


def _headline(proposal: Proposal) -> str:
    return (
        f"{proposal.id}  {proposal.state.value}  {proposal.layer}  {proposal.features} 要素 features  "
        f"{proposal.department} {proposal.author}:{proposal.reason}"
    )


def _line(one: Rebased, target: Target) -> str:
    """One feature: its verdict, and its new values against those believed now."""
    from spatial.history.model import changed_fields
    from spatial.proposals import course

    old = None if one.theirs is None else course.seen(one.theirs.values, target.visible)
    new = None if one.values is None else course.seen(one.values, target.visible)
    fields = ", ".join(
        each.name if each.name == "geom" else f"{each.name}: {_shown(each.old)} → {_shown(each.new)}"
        for each in changed_fields(old, new)
    )
    what = "注销 retired" if new is None else fields
    return f"  {one.verdict.value:<7} {one.row.fid}  {', '.join(course.named(one, target.visible)) or what}"


def _shown(value: object) -> str:
    return "–" if value is None else json.dumps(value, ensure_ascii=False)
