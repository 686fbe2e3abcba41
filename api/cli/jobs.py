"""``jobs``: what runs, what ran, and ending it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.site import Site, data_option, json_option

STATES = ("accepted", "running", "successful", "failed", "dismissed")


@click.group()
@data_option
@click.pass_context
def jobs(ctx: click.Context, data: Path | None) -> None:
    """任务 Jobs: list them, look at one, cancel one.

    \b
    Example:
      ./onemap jobs list --status failed
      ./onemap jobs show 019a0000-0000-7000-8000-000000000001
    """
    ctx.obj = data


@jobs.command(name="list")
@click.option("--status", type=click.Choice(STATES), help="状态 Only of this state.")
@click.option("--process", help="处理 Only of this process.")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="条数 How many.")
@data_option
@json_option
def list_jobs(status: str | None, process: str | None, limit: int, data: Path | None, as_json: bool) -> None:
    """任务清单 The newest first.

    \b
    Example:
      ./onemap jobs list --process load --json
    """
    from spatial.database import connect
    from spatial.jobs import store, telling
    from spatial.jobs.model import State

    asked = store.Listing(
        everyones=True,
        states=(State(status),) if status else (),
        processes=(process,) if process else (),
        limit=limit,
    )
    with connect(Site.of_subcommand(data).dsn()) as connection:
        found = store.listed(connection, asked)
    if as_json:
        click.echo(json.dumps([telling.status(job) for job in found], ensure_ascii=False))
        return
    for job in found:
        created = f"{job.created_at:%Y-%m-%d %H:%M:%S}"
        click.echo(
            f"{job.id}  {created}  {job.process:<14} {job.state:<10} {job.progress:>3} %  {job.message_zh}"
        )


@jobs.command()
@click.argument("job_id", metavar="ID")
@data_option
@json_option
def show(job_id: str, data: Path | None, as_json: bool) -> None:
    """查看任务 One job: how it stands, and every state it was in.

    \b
    Example:
      ./onemap jobs show 019a0000-0000-7000-8000-000000000001
    """
    from spatial.database import connect
    from spatial.jobs import store, telling

    with connect(Site.of_subcommand(data).dsn()) as connection:
        job = store.get(connection, job_id)
        course = store.transitions(connection, job_id)
    if as_json:
        told = [
            {"state": state.value, "attempt": attempt, "at": at.isoformat()} for state, attempt, at in course
        ]
        click.echo(json.dumps({**telling.status(job), "transitions": told}, ensure_ascii=False))
        return
    click.echo(f"{job.process} {job.version}  {job.state}  {job.progress} %")
    click.echo(f"{job.message_zh}  {job.message_en}")
    click.echo(f"提交者 by {job.owner.subject}  {job.owner.department or ''}")
    for state, attempt, at in course:
        click.echo(f"  {at:%Y-%m-%d %H:%M:%S}  {state}  第 {attempt} 次 attempt {attempt}")


@jobs.command()
@click.argument("job_id", metavar="ID")
@data_option
@json_option
def cancel(job_id: str, data: Path | None, as_json: bool) -> None:
    """撤销任务 End a job; of one that is over, remove the results.

    \b
    Example:
      ./onemap jobs cancel 019a0000-0000-7000-8000-000000000001
    """
    from spatial.database import connect
    from spatial.jobs import store, telling

    with connect(Site.of_subcommand(data).dsn()) as connection:
        store.get(connection, job_id)
        job = store.dismiss(connection, job_id)
    click.echo(
        json.dumps(telling.status(job), ensure_ascii=False) if as_json else f"已撤销 dismissed: {job.id}"
    )
