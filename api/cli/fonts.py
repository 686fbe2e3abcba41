"""``fonts``: the platform's own fonts, made once a machine; ``up`` has them made beside the server."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import click

from api.cli.background import launch, record
from api.cli.site import ROOT, Site, data_option
from api.cli.steps import step
from spatial.errors import EnvironmentProblem
from spatial.process import Process
from tiles.fonts.sources import PACKAGES, missing

WORDS_IN = (
    "spatial/assets/**/*.toml",
    "spatial/sample/*.csv",
    "spatial/sample/*.py",
    "api/templates/*.html",
    "api/static/assets/*.js",
)
"""What the platform itself says 平台用字; below the folder of the program."""
REPAIR = f"apt-get install --no-install-recommends {' '.join(PACKAGES)}"
LOWEST_PRIORITY = 19
AUTOGROUP = Path("/proc/self/autogroup")
STOP_WITHIN_S = 5.0


@click.command()
@data_option
@click.option("--quiet", is_flag=True, help="不报告进度 Tell nothing, and let everything else go first.")
def fonts(data: Path | None, quiet: bool) -> None:
    """制作字库并核对库中用字 Make the fonts that the map is lettered with; name what they cannot draw.

    Cut from Debian's packages fonts-noto-cjk and fonts-hanazono: every character
    that these have, some minutes of one processor, once. `up` begins it by itself.

    \b
    Example:
      ./onemap fonts
    """
    if quiet:  # before anything else: what follows takes seconds
        _let_others_go_first()
    from spatial.database import connect
    from tiles.fonts.outlines import Outlines
    from tiles.fonts.shelf import Shelf
    from tiles.fonts.typesetter import Typesetter, undrawn

    site = Site.read(data)
    if missing():
        lacking = ", ".join(str(path) for path in missing())
        raise EnvironmentProblem(
            f"缺少字体,请安装后再执行({REPAIR}):{lacking}",
            f"fonts are missing; install them and run it again ({REPAIR}): {lacking}",
            value=lacking,
        )
    shelf = Shelf(site.fonts)
    setter = Typesetter(
        Outlines(), shelf, tuple(path for each in WORDS_IN for path in sorted(ROOT.glob(each)))
    )
    _make("平台用字 own words", setter.own(), quiet=quiet)
    _make("全部字符 every character", setter.whole(), quiet=quiet)
    with connect(site.dsn(), application="onemap-fonts") as connection:
        _make("公开用字 public text", setter.published(connection), quiet=quiet)
        if not quiet:
            _tell(undrawn(connection, shelf))


def _let_others_go_first() -> None:
    """Niceness counts among the processes of a session alone where the kernel groups them by session."""
    os.nice(LOWEST_PRIORITY)
    if os.getsid(0) == os.getpid():
        with suppress(OSError):
            AUTOGROUP.write_text(str(LOWEST_PRIORITY))


def _make(title: str, work: Iterator[int], *, quiet: bool) -> None:
    if quiet:
        for _ in work:
            pass
        return
    with step(f"字体:{title}"):
        for count in work:
            if count % 64 == 0:
                click.echo(f"  … {count}", err=True)


def _tell(undrawn: dict[int, tuple[str, ...]]) -> None:
    if not undrawn:
        click.echo("库中字符均有字形。Every character of the database has a glyph.")
    for character, layers in undrawn.items():
        click.echo(f"无字形 no glyph: U+{character:04X} {chr(character)} ({', '.join(layers)})")


def ensure(site: Site, dsn: str) -> None:
    """Have them made in the background where the fonts are there; what is made already is found."""

    if missing():
        return
    stop(site)
    child = launch(site, dsn, "fonts --quiet", site.data_dir / "fonts.log")
    maker = Process.of(child.pid) or Process(child.pid, "")
    record(site.fonts_file, asdict(maker))


def stop(site: Site) -> None:
    """End the making that is under way; the next one takes it up."""
    try:
        maker = Process(**json.loads(site.fonts_file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return
    maker.stop(STOP_WITHIN_S)
    site.fonts_file.unlink(missing_ok=True)
