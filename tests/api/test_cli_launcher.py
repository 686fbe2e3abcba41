"""The launcher on machines that lack things: it says what, mends it, and takes up where it stopped.

The machine is a PATH made for each test; PostgreSQL is this machine's own.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = (
    *(
        "bash",
        "cat",
        "chmod",
        "cp",
        "cut",
        "date",
        "dirname",
        "env",
        "find",
        "flock",
        "grep",
        "head",
        "id",
        "ln",
    ),
    *(
        "ls",
        "mkdir",
        "mv",
        "readlink",
        "rm",
        "sed",
        "sha256sum",
        "sleep",
        "sort",
        "tail",
        "test",
        "touch",
        "tr",
    ),
)
INTERPRETER = Path(sys.base_prefix) / "bin/python3"
MAIN = "import sys; print('handed over:', sys.argv[1:], flush=True)\n"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")


@dataclass
class Machine:
    """A checkout of the launcher and the programs its machine has."""

    home: Path
    programs: Path
    environment: Path
    """A virtual environment as Python makes one, which is copied where another test proves the making."""

    @property
    def launcher(self) -> Path:
        return self.home / "onemap"

    def has(self, name: str, script: str | None = None) -> None:
        """Give the machine a program: this machine's own, or a script in its place."""
        path = self.programs / name
        path.unlink(missing_ok=True)
        if script is None:
            path.symlink_to(shutil.which(name) or name)
        else:
            path.write_text(f"#!/bin/bash\n{script}\n")
            path.chmod(0o755)

    def has_python(self, name: str = "python3", *, copies: bool = True) -> None:
        """Give the machine the interpreter these tests run on; unless told, it makes no environment anew."""
        copying = (
            f'[ "$*" != "-m venv --clear $4" ] || {{ rm -rf "$4"; exec cp -al "{self.environment}" "$4"; }}'
        )
        self.has(name, f'{copying if copies else ""}\nexec "{INTERPRETER}" "$@"')

    def environ(self) -> dict[str, str]:
        return {"PATH": str(self.programs), "HOME": str(self.home), "LC_ALL": "C.UTF-8"}

    def run(self, *arguments: str, uid: int | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.launcher), *arguments],
            env=self.environ(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            user=uid,
            timeout=120,
        )

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(self.launcher), *arguments],
            env=self.environ(),
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@pytest.fixture(scope="module")
def environment() -> Iterator[Path]:
    """Beside the machines, so that a copy is a link to each of its files."""
    with tempfile.TemporaryDirectory(prefix="onemap-environment-") as place:
        Path(place).chmod(0o755)
        made = Path(place) / ".venv"
        subprocess.run([INTERPRETER, "-m", "venv", made], check=True)
        yield made


@pytest.fixture
def machine(environment: Path) -> Iterator[Machine]:
    """A bare machine: coreutils and PostgreSQL, neither Python nor apt; a path with a space."""
    place = Path(tempfile.mkdtemp(prefix="onemap 机器 "))
    place.chmod(0o755)
    made = Machine(place / "check out", place / "bin", environment)
    made.programs.mkdir()
    for tool in TOOLS:
        made.has(tool)
    for harmless in ("dpkg", "apt-cache"):
        made.has(harmless, "exit 0")
    (made.home / "requirements").mkdir(parents=True)
    (made.home / "api/cli").mkdir(parents=True)
    (made.home / "api/cli/__main__.py").write_text(MAIN)
    for lock in ("run", "test"):
        (made.home / f"requirements/{lock}.lock").write_text(f"# nothing to install for {lock}\n")
    shutil.copy(ROOT / "onemap", made.launcher)
    yield made
    shutil.rmtree(place)


def test_without_apt_it_names_what_to_install(machine: Machine) -> None:
    done = machine.run("up")
    assert done.returncode == 9
    assert done.stdout == ""
    chinese, english = done.stderr.strip().splitlines()
    assert "没有 apt" in chinese
    assert english.endswith("python3-venv")


@as_root
def test_without_sudo_it_gives_the_command_for_an_administrator(machine: Machine) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    machine.has("apt-get", "touch /tmp/onemap-apt-was-called")
    os.chown(machine.home, nobody, -1)
    done = machine.run("up", uid=nobody)
    assert done.returncode == 9
    assert "apt-get install --no-install-recommends python3-venv" in done.stderr
    assert "administrator" in done.stderr
    assert not Path("/tmp/onemap-apt-was-called").exists()


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("E: Write error - write (28: No space left on device)", "disk is full"),
        ("E: Failed to fetch package  Temporary failure resolving", "check the network"),
        ("something else went wrong", "see the log"),
    ],
)
def test_a_failed_step_ends_in_one_sentence(machine: Machine, said: str, expected: str) -> None:
    machine.has("apt-get", f'case "$*" in *install*) echo "{said}"; exit 100;; esac')
    root_or_skip()
    failed = machine.run("up")
    assert failed.returncode == 9
    assert expected in failed.stderr.strip().splitlines()[-1]


def root_or_skip() -> None:
    if os.geteuid() != 0:
        pytest.skip("packages are installed by root here")


def mend(machine: Machine) -> None:
    """From now on apt-get works: it brings Python."""
    machine.has_python("python3.brought")
    brought = machine.programs / "python3.brought"
    target = machine.programs / "python3"
    machine.has("apt-get", f'case "$*" in *install*) cp "{brought}" "{target}";; esac')


def test_a_second_run_hands_over_and_makes_nothing(machine: Machine) -> None:
    machine.has_python(copies=False)
    first = machine.run("up")
    assert "虚拟环境 virtual environment" in first.stderr
    second = machine.run("up")
    assert second.stderr == ""
    assert second.stdout == first.stdout == "handed over: ['up']\n"


def test_an_interpreter_that_does_not_work_is_passed_over(machine: Machine) -> None:
    machine.has("python3.13", "echo 'the command exists in these versions: 3.14' >&2; exit 127")
    machine.has_python("python3.11")
    done = machine.run("up")
    assert done.stdout == "handed over: ['up']\n", done.stderr


def test_it_works_through_a_link_from_anywhere_with_any_argument(machine: Machine) -> None:
    machine.has_python()
    machine.run("up")
    link = machine.programs / "一张图"
    link.symlink_to(machine.launcher)
    done = subprocess.run(
        [str(link), "load", "a b.shp", "*", ""],
        env=machine.environ(),
        cwd=machine.programs,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "handed over: ['load', 'a b.shp', '*', '']\n"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--help",), 0), ((), 0), (("up", "--help"), 0), (("status",), 8), (("load", "x"), 9), (("down",), 9)],
)
def test_what_needs_no_set_up_installs_nothing(
    machine: Machine, arguments: tuple[str, ...], code: int
) -> None:
    machine.has_python()
    machine.has("apt-get", f'touch "{machine.home}/called"')
    done = machine.run(*arguments)
    assert done.returncode == code
    assert "./onemap up" in done.stdout + done.stderr
    assert sorted(path.name for path in machine.home.iterdir()) == ["api", "onemap", "requirements"]


def test_an_interrupted_installation_is_taken_up(machine: Machine) -> None:
    machine.has_python()
    assert machine.run("up").returncode == 0
    venv = machine.home / ".venv"
    packages = next(venv.glob("lib/python3*/site-packages"))
    (packages / "half-1.0.dist-info").mkdir()  # what pip leaves when it is killed while copying
    (packages / "half-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: half\nVersion: 1.0\n")
    (packages / "~ending").mkdir()
    digest = (venv / "lock-run").read_text()
    (venv / "lock-run").rename(venv / "installing")
    done = machine.run("up")
    assert done.stdout == "handed over: ['up']\n"
    assert "建立虚拟环境" not in done.stderr, "what was there is kept"
    assert not (packages / "half-1.0.dist-info").exists()
    assert not (packages / "~ending").exists()
    assert (venv / "lock-run").read_text() == digest
    assert not (venv / "installing").exists()


def test_a_half_made_environment_and_another_lock_are_made_anew(machine: Machine) -> None:
    machine.has_python(copies=False)
    (machine.home / ".venv/bin").mkdir(parents=True)
    (machine.home / ".venv/bin/python").symlink_to("/nowhere/python")
    assert machine.run("up").stdout == "handed over: ['up']\n"
    (machine.home / ".venv/leftover").touch()
    (machine.home / "requirements/run.lock").write_text("# another\n")
    assert "建立虚拟环境" in machine.run("up").stderr
    assert not (machine.home / ".venv/leftover").exists()


def test_interrupting_says_that_it_goes_on_later(machine: Machine) -> None:
    root_or_skip()
    machine.has("apt-get", f'case "$*" in *install*) touch "{machine.home}/began"; exec sleep 60;; esac')
    running = machine.start("up")
    await_file(machine.home / "began")
    running.send_signal(signal.SIGINT)
    said, _ = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "takes up where it stopped" in said
    mend(machine)
    assert machine.run("up").stdout == "handed over: ['up']\n"


def test_of_two_at_once_the_second_waits(machine: Machine) -> None:
    root_or_skip()
    mend(machine)
    brought = (machine.programs / "apt-get").read_text()
    slow = brought.replace("*install*)", f'*install*) touch "{machine.home}/began"; sleep 2;')
    machine.has("apt-get", slow.removeprefix("#!/bin/bash\n"))
    first = machine.start("up")
    await_file(machine.home / "began")
    second = machine.start("up")
    said_first, _ = first.communicate(timeout=60)
    said_second, _ = second.communicate(timeout=60)
    assert said_first.endswith("handed over: ['up']\n")
    assert said_second.endswith("handed over: ['up']\n")
    assert "waiting for it" in said_second
    assert "虚拟环境" not in said_second, "the first has done it"


def await_file(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"did not appear: {path}"
        time.sleep(0.02)


def without_mdbtools(machine: Machine) -> None:
    """Let the launcher look for mdbtools where they are not, whatever the machine of the tests has."""
    text = machine.launcher.read_text()
    assert "/usr/bin/mdb-export" in text
    machine.launcher.write_text(text.replace("/usr/bin/mdb-export", "/nowhere/mdb-export"))


def test_mdbtools_come_along_and_hold_nobody_up(machine: Machine) -> None:
    root_or_skip()
    without_mdbtools(machine)
    machine.has_python()
    machine.has("apt-get", f'echo "$*" >>"{machine.home}/asked"')
    assert machine.run("up").stdout == "handed over: ['up']\n"
    assert "install --no-install-recommends mdbtools" in (machine.home / "asked").read_text()
    (machine.home / "asked").unlink()
    machine.has("apt-get", "exit 100")  # a closed network: what is set up goes on without
    again = machine.run("up")
    assert (again.stdout, again.stderr) == ("handed over: ['up']\n", "")


def test_fonts_come_along_and_hold_nobody_up(machine: Machine) -> None:
    root_or_skip()
    text = machine.launcher.read_text()
    assert text.count("/usr/share/fonts/") == 2
    machine.launcher.write_text(text.replace("/usr/share/fonts/", "/nowhere/"))
    machine.has_python()
    machine.has("apt-get", f'echo "$*" >>"{machine.home}/asked"')
    assert machine.run("up").stdout == "handed over: ['up']\n"
    asked = (machine.home / "asked").read_text()
    assert "install --no-install-recommends" in asked
    assert asked.rstrip().endswith("fonts-noto-cjk fonts-hanazono")
    machine.has("apt-get", "exit 100")
    again = machine.run("up")
    assert (again.stdout, again.stderr) == ("handed over: ['up']\n", "")


def test_where_nothing_can_be_installed_it_goes_on_without_mdbtools(machine: Machine) -> None:
    without_mdbtools(machine)
    machine.has_python()
    assert machine.run("up").stdout == "handed over: ['up']\n", "there is no apt"
