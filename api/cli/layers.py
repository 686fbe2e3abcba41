"""``layer``: what the catalogue holds, how a city adds to it and takes away."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.site import data_option, json_option, site_of


@click.group()
@data_option
@click.pass_context
def layer(ctx: click.Context, data: Path | None) -> None:
    """图层目录 The layers: list them, add one from its declaration, take one out of service.

    \b
    Example:
      ./onemap layer list
      ./onemap layer add parcels.toml
    """
    ctx.obj = data


@layer.command("list")
@data_option
@json_option
def list_layers(data: Path | None, as_json: bool) -> None:
    """列出图层 List the layers: id, title, steward, geometry.

    \b
    Example:
      ./onemap layer list --json
    """
    from spatial.catalogue.declaration import to_json
    from spatial.catalogue.store import layers as held
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        found = held(connection)
    if as_json:
        click.echo(json.dumps([to_json(each.contract) for each in found], ensure_ascii=False))
        return
    for each in found:
        contract = each.contract
        stamp = " 合成数据" if contract.synthetic else ""
        click.echo(
            f"{contract.id:<24} {contract.geometry or '-':<16} {contract.title.zh} {contract.title.en}{stamp}"
        )
        click.echo(f"{'':<24} {contract.steward}")


@layer.command()
@click.argument("declaration", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
@json_option
def add(declaration: Path, data: Path | None, as_json: bool) -> None:
    """发布图层 Publish a layer from its declaration, a TOML file; no code and no restart is needed.

    The same file again changes nothing; a wider one (new fields, codes, titles)
    takes the layer to its new contract.

    \b
    Example:
      ./onemap layer add parcels.toml
    """
    from spatial.catalogue import store
    from spatial.catalogue.declaration import read_toml
    from spatial.database import connect

    contract = read_toml(declaration)
    with connect(site_of(data).dsn()) as connection:
        added = store.publish(connection, contract)
    if as_json:
        click.echo(json.dumps({"layer": contract.id, "version": added.version}, ensure_ascii=False))
        return
    click.echo(f"已发布 published: {contract.id} (v{added.version})")


@layer.command()
@click.argument("layer_id", metavar="LAYER")
@data_option
@json_option
def show(layer_id: str, data: Path | None, as_json: bool) -> None:
    """图层契约与现状 Show one layer: its contract, how much it holds, its last changeset.

    \b
    Example:
      ./onemap layer show roads
    """
    from spatial.catalogue import store
    from spatial.catalogue.declaration import to_json
    from spatial.database import connect

    with connect(site_of(data).dsn(), autocommit=True) as connection:
        held = store.get(connection, layer_id)
        measured = store.statistics(connection, held)
    contract = held.contract
    if as_json:
        state = {"version": held.version, "features": measured.features, "changeset": measured.last_changeset}
        click.echo(json.dumps({**to_json(contract), "state": state}, ensure_ascii=False))
        return
    stamp = " 合成数据" if contract.synthetic else ""
    click.echo(f"{contract.id} (v{held.version})  {contract.title.zh} {contract.title.en}{stamp}")
    click.echo(f"{contract.description.zh} {contract.description.en}")
    click.echo(f"主管 steward      {contract.steward}")
    click.echo(f"共享 sharing      {contract.sharing.value}")
    click.echo(f"依据 source       {contract.source_standard}")
    click.echo(f"几何 geometry     {contract.geometry or '-'}")
    click.echo(f"要素 features     {measured.features}")
    click.echo(f"变更集 changeset  {measured.last_changeset or '-'}")
    for field in contract.fields:
        marks = " ".join(
            [
                *(["*"] if field.required else []),
                *(["内部 internal"] if field.secrecy.value != "public" else []),
            ]
        )
        click.echo(
            f"  {field.name:<20} {field.type.value:<9} {field.unit or '':<6} "
            f"{field.title.zh} {field.title.en} {marks}".rstrip()
        )


@layer.command()
@click.argument("layer_id", metavar="LAYER")
@data_option
@json_option
def withdraw(layer_id: str, data: Path | None, as_json: bool) -> None:
    """停用图层 Withdraw a layer from service: doors no longer show it, nor take files for it.

    Nothing is deleted. Its features and its whole history stay, and publishing
    its declaration again brings it back as it was.

    \b
    Example:
      ./onemap layer withdraw parcels
      ./onemap layer add parcels.toml
    """
    from spatial.catalogue import store
    from spatial.database import connect

    with connect(site_of(data).dsn()) as connection:
        store.withdraw(connection, layer_id)
    if as_json:
        click.echo(json.dumps({"layer": layer_id, "withdrawn": True}, ensure_ascii=False))
        return
    click.echo(f"已停用,历史保留;重新发布即恢复 withdrawn, its history stays: {layer_id}")
