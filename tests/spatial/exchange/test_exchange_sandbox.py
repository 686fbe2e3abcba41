"""The fences around the reader hold by themselves, each without the others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import psutil
import pyogrio
import pytest
from exchange_files import write_vector

from spatial.errors import FileTooLarge, OneMapError, UnreadableFile
from spatial.exchange import confine, originals, sandbox
from spatial.exchange.batches import read_content
from spatial.exchange.mdb import tools
from spatial.exchange.sandbox import GDAL_DRIVERS, Job, Limits

ROOT = Path(__file__).parents[3]


def inside(work: Path, fence: str, attempt: str) -> str:
    """Run an attempt behind one fence in a process of its own; what came of it."""
    script = f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        from pathlib import Path
        from spatial.exchange import confine
        import socket, subprocess, os
        assert {fence}
        try:
            {attempt}
            print("done")
        except OSError as refused:
            print(type(refused).__name__)
        except MemoryError:
            print("MemoryError")
    """
    command = [sys.executable, "-c", textwrap.dedent(script).replace("WORK", repr(str(work)))]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


@pytest.fixture
def listener() -> object:
    """A server on this machine that counts who calls."""
    calls: list[object] = []
    server = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                calls.append(server.accept())
            except OSError:
                return

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    yield server.getsockname()[1], calls
    server.close()


def test_the_system_call_filter_stops_sockets_and_programs(
    tmp_path: Path, listener: tuple[int, list[object]]
) -> None:
    port, calls = listener
    call = f"socket.create_connection(('127.0.0.1', {port}), 2)"
    assert inside(tmp_path, "True", call) == "done" and len(calls) == 1
    assert inside(tmp_path, "confine.forbid_calls()", call) == "PermissionError"
    assert inside(tmp_path, "confine.forbid_calls()", "subprocess.run(['true'])") == "PermissionError"
    assert inside(tmp_path, "confine.forbid_calls()", "open(WORK + '/a', 'w').write('x')") == "done"
    assert len(calls) == 1


def test_landlock_leaves_only_the_work_folder(tmp_path: Path) -> None:
    fence = "confine.shrink_file_system(Path(WORK))"
    if inside(tmp_path, fence, "pass") != "done":
        pytest.skip("this kernel has no Landlock")
    (tmp_path.parent / "secret").write_text("secret")
    assert inside(tmp_path, fence, "open(WORK + '/a', 'w').write('x')") == "done"
    for attempt in (
        "open('/etc/passwd')",
        "open(WORK + '/../secret')",
        "os.listdir('/')",
        "os.mkdir('/tmp/x9')",
    ):
        assert inside(tmp_path, fence, attempt) == "PermissionError", attempt


def test_only_the_programs_of_a_format_are_started(tmp_path: Path) -> None:
    """Behind the fences of a reader that needs programs of the system; ``/bin/true`` is none of them."""
    fence = "confine.shrink_file_system(Path(WORK), [Path('/usr/bin/mdb-ver')])"
    if inside(tmp_path, fence, "pass") != "done":
        pytest.skip("this kernel has no Landlock")
    fence += " and confine.forbid_calls(programs=True)"
    copied = shutil.copy("/bin/true", tmp_path / "true")
    assert (
        inside(tmp_path, fence, "subprocess.run(['/usr/bin/mdb-ver', '--version'])")
        == "mdbtools v1.0.0\ndone"
    )
    for program in ("/bin/true", "/bin/sh", copied):
        assert inside(tmp_path, fence, f"subprocess.run([{str(program)!r}])") == "PermissionError", program
    assert inside(tmp_path, fence, "socket.socket()") == "PermissionError"


def test_a_program_reads_its_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a.mdb").write_text("a")
    (tmp_path / "b.mdb").write_text("b")
    (tmp_path / "settings").mkdir()
    fence = "confine.read_only(Path(WORK) / 'a.mdb', Path(WORK) / 'settings', [])"
    if inside(tmp_path, fence, "pass") != "done":
        pytest.skip("this kernel has no Landlock")
    assert inside(tmp_path, fence, "open(WORK + '/a.mdb').read()") == "done"
    for attempt in (
        "open(WORK + '/b.mdb').read()",
        "open(WORK + '/a.mdb', 'a').write('x')",
        "open(WORK + '/settings/x', 'w').write('x')",
        "subprocess.run(['/bin/true'])",
    ):
        assert inside(tmp_path, fence, attempt) == "PermissionError", attempt


def test_only_a_database_by_itself_may_start_programs(tmp_path: Path) -> None:
    database = tmp_path / "a.mdb"
    database.write_bytes(b"\0\1\0\0Standard Jet DB\0" + bytes(100))
    assert [one.name for one in tools.programs_for(database)] == [
        "mdb-tables", "mdb-schema", "mdb-count", "mdb-export"
    ]  # fmt: skip
    assert tools.programs_for(write_vector(tmp_path / "a.gpkg", "GPKG")) == ()
    assert tools.programs_for(tmp_path) == () == tools.programs_for(tmp_path / "none")


def test_a_reader_cannot_send_another_out_of_its_work_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret.mdb").write_bytes(b"\0\1\0\0Standard Jet DB\0" + bytes(8172))
    named = str(tmp_path / "secret.mdb")
    monkeypatch.setattr(sandbox, "_BOOT", f"open('inner.txt', 'w').write({named!r})")
    with pytest.raises(UnreadableFile, match="outside of its work folder"):
        read(write_vector(tmp_path / "a.gpkg", "GPKG"))


def test_limits_bound_memory_and_file_size(tmp_path: Path) -> None:
    fence = "confine.limit(256 << 20, 5, 1 << 20) is None"
    assert inside(tmp_path, fence, "bytes(512 << 20)") == "MemoryError"
    assert inside(tmp_path, fence, "open(WORK + '/a', 'wb').write(bytes(2 << 20))") != "done"


def read(path: Path, limits: Limits | None = None) -> object:
    with sandbox.work_folder() as work:
        original = originals.stage(path, work, limits or Limits())
        sandbox.run(Job(str(original.dataset), str(work), limits=limits or Limits()))
        return read_content(work)


def test_the_reader_says_which_fences_stand(tmp_path: Path) -> None:
    content = read(write_vector(tmp_path / "a.gpkg", "GPKG"))
    assert content.confined["limits"]
    assert content.confined["system_calls"] or content.confined["network_namespace"]


def test_gdal_offers_the_reader_the_drivers_of_the_list() -> None:
    code = "import pyogrio; print('\\n'.join(pyogrio.list_drivers()))"
    environment = sandbox.environment(Path("/tmp"))
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert set(told.stdout.split("\n")) - {""} == set(GDAL_DRIVERS)
    assert len(pyogrio.list_drivers()) > 50, "the platform's own process keeps its drivers"


@pytest.mark.parametrize("driver", GDAL_DRIVERS)
def test_a_format_leaves_gdal_its_one_driver(driver: str) -> None:
    code = (
        f"from spatial.exchange import gdal; gdal.only({driver!r});"
        " import pyogrio; print(*pyogrio.list_drivers())"
    )
    environment = sandbox.environment(Path("/tmp")) | {"PYTHONPATH": str(ROOT)}
    told = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == driver


def test_nothing_of_the_environment_reaches_the_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "secret")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in sandbox.environment(Path("/tmp")).values()


def test_an_endless_reader_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "_BOOT", "import time; time.sleep(60)")
    others = set(psutil.Process().children())
    before = time.monotonic()
    with pytest.raises(FileTooLarge):
        read(write_vector(tmp_path / "a.gpkg", "GPKG"), Limits(wall_s=1.0))
    assert time.monotonic() - before < 60, "it would have slept as long"
    left = set(psutil.Process().children()) - others
    assert not [one for one in left if one.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.parametrize(
    "boot", ["import os; os.kill(os.getpid(), 11)", "import sys; sys.exit(1)", "bytes(1 << 60)"]
)
def test_a_reader_that_dies_ends_in_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boot: str
) -> None:
    monkeypatch.setattr(sandbox, "_BOOT", boot)
    with pytest.raises((UnreadableFile, FileTooLarge)) as refused:
        read(write_vector(tmp_path / "a.gpkg", "GPKG"))
    assert isinstance(refused.value, OneMapError) and refused.value.value == "a.gpkg"


def test_a_file_larger_than_memory_is_refused_and_the_parent_stays_small(tmp_path: Path) -> None:
    """A JSON of 60 MB for a reader of 160 MB: an error, and the parent grows by less than 64 MB."""
    path = tmp_path / "big.geojson"
    with path.open("w") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        one = '{"type": "Feature", "geometry": null, "properties": {"a": "' + "寿" * 5000 + '"}}'
        file.write(",".join([one] * 4000) + "]}")
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    with pytest.raises(FileTooLarge):
        read(path, Limits(memory_bytes=160 << 20))
    assert process.memory_info().rss - before < 64 << 20


def test_work_folders_of_killed_processes_are_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox.tempfile, "gettempdir", lambda: str(tmp_path))
    gone, mine = tmp_path / "onemap-exchange-999999999-x", tmp_path / f"onemap-exchange-{os.getpid()}-x"
    gone.mkdir()
    mine.mkdir()
    with sandbox.work_folder():
        assert mine.exists() and not gone.exists()


def test_the_architecture_of_this_machine_is_known() -> None:
    assert os.uname().machine in confine._SYSCALLS
