"""``layers``, ``publish``, ``withdraw``: what the catalogue holds, how a city adds to it and takes away."""

from __future__ import annotations

import json
from pathlib import Path

import click

from api.cli.site import Site, data_option, json_option


@click.command()
@data_option
@json_option
def layers(data: Path | None, as_json: bool) -> None:
    """列出图层 List the layers: id, title, steward, geometry.

    \b
    Example:
      ./onemap layers --json
    """
    from spatial.catalogue.declaration import to_json
    from spatial.catalogue.store import layers as held
    from spatial.database import connect

    with connect(Site.read(data).dsn(), autocommit=True) as connection:
        found = held(connection)
    if as_json:
        click.echo(json.dumps([to_json(layer.contract) for layer in found], ensure_ascii=False))
        return
    for layer in found:
        contract = layer.contract
        stamp = " 合成数据" if contract.synthetic else ""
        click.echo(
            f"{contract.id:<24} {contract.geometry or '-':<16} {contract.title.zh} {contract.title.en}{stamp}"
        )
        click.echo(f"{'':<24} {contract.steward}")


@click.command()
@click.argument("declaration", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def publish(declaration: Path, data: Path | None) -> None:
    """发布图层 Publish a layer from its declaration, a TOML file; no code and no restart is needed.

    \b
    Example:
      ./onemap publish parcels.toml
    """
    from spatial.catalogue import store
    from spatial.catalogue.declaration import read_toml
    from spatial.database import connect

    contract = read_toml(declaration)
    with connect(Site.read(data).dsn()) as connection:
        layer = store.publish(connection, contract)
    click.echo(f"已发布 published: {contract.id} (v{layer.version})")


@click.command()
@click.argument("layer")
@data_option
@json_option
def withdraw(layer: str, data: Path | None, as_json: bool) -> None:
    """停用图层 Withdraw a layer from service: doors no longer show it, nor take files for it.

    Nothing is deleted. Its features and its whole history stay, and publishing
    its declaration again brings it back as it was.

    \b
    Example:
      ./onemap withdraw parcels
      ./onemap publish parcels.toml
    """
    from spatial.catalogue import store
    from spatial.database import connect

    with connect(Site.read(data).dsn()) as connection:
        store.withdraw(connection, layer)
    if as_json:
        click.echo(json.dumps({"layer": layer, "withdrawn": True}, ensure_ascii=False))
        return
    click.echo(f"已停用,历史保留;重新发布即恢复 withdrawn, its history stays: {layer}")
