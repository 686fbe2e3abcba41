"""The private cluster against real PostgreSQL: made, started, found, refused."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from spatial.cluster import Cluster, require_database, throwaway, tuning
from spatial.cluster.cluster import LONGEST_SOCKET_PATH, require_space
from spatial.cluster.installation import Installation
from spatial.errors import DiskFull, EnvironmentProblem, PackagesMissing, ServerTooOld
from spatial.process import Process, working_in

ROOT = Path(__file__).resolve().parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as several users")


@pytest.fixture
def place() -> Iterator[Path]:
    """A directory that user postgres can reach, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="onemap cluster "))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def cluster(place: Path) -> Iterator[Cluster]:
    """A running durable cluster, stopped afterwards."""
    made = Cluster(place / "postgresql")
    made.up()
    yield made
    made.down()


def setting(dsn: str, name: str) -> str:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("select current_setting(%s)", (name,)).fetchone()
    assert row is not None
    return str(row[0])


def test_it_is_durable_checked_and_reachable_by_socket_alone(cluster: Cluster) -> None:
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "listen_addresses": "",
        "jit": "off",
        "default_toast_compression": "lz4",
        "lc_collate": "C.UTF-8",
        "server_encoding": "UTF8",
        "log_rotation_size": "8MB",
    }
    assert {name: setting(cluster.dsn(), name) for name in expected} == expected
    assert cluster.socket_dir.stat().st_mode & 0o077 == 0
    process = cluster.running()
    assert process is not None
    sockets = subprocess.run(
        ["grep", "-l", "postgres", f"/proc/{process.pid}/comm"], capture_output=True, text=True, check=True
    )
    assert sockets.stdout
    require_database(cluster.dsn())


def test_starting_and_stopping_twice_does_nothing_the_second_time(cluster: Cluster) -> None:
    first = cluster.running()
    assert cluster.up() is False
    assert cluster.running() == first
    assert cluster.down() is True
    assert cluster.running() is None
    assert cluster.down() is False
    assert cluster.up() is True


def test_postgresql_never_runs_as_root(cluster: Cluster) -> None:
    process = cluster.running()
    assert process is not None
    assert Path(f"/proc/{process.pid}").stat().st_uid != 0
    assert cluster.data.stat().st_uid == Path(f"/proc/{process.pid}").stat().st_uid


def test_a_half_made_directory_is_made_anew(place: Path) -> None:
    cluster = Cluster(place / "postgresql", durable=False)
    making = cluster.home / "data.making"
    making.mkdir(parents=True)
    cluster.home.chmod(0o755)
    (making / "PG_VERSION").write_text("15\n")
    try:
        cluster.up()
        assert setting(cluster.dsn(), "server_version").startswith("15")
        assert not making.exists()
    finally:
        cluster.down()


def test_a_number_taken_by_a_stranger_does_not_keep_it_from_starting(cluster: Cluster) -> None:
    cluster.down()
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        stale = f"{stranger.pid}\n{cluster.data}\n1700000000\n5432\n{cluster.socket_dir}\n\n"
        (cluster.data / "postmaster.pid").write_text(stale)
        shutil.chown(cluster.data / "postmaster.pid", cluster.data.owner())
        assert cluster.running() is None
        assert cluster.up() is True
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_long_data_directory_gets_a_short_socket(place: Path) -> None:
    deep = place / ("深" * 30) / ("d" * 60)
    cluster = Cluster(deep / "postgresql", durable=False)
    assert len(os.fsencode(cluster.socket_dir / ".s.PGSQL.5432")) < LONGEST_SOCKET_PATH
    try:
        cluster.up()
        assert setting(cluster.dsn(), "listen_addresses") == ""
    finally:
        cluster.down()
        shutil.rmtree(cluster.socket_dir, ignore_errors=True)


@as_root
def test_other_users_do_not_get_in(cluster: Cluster) -> None:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        pytest.skip("this machine has no user nobody")
    cluster.socket_dir.chmod(0o777)  # even where the file system would let them
    (cluster.socket_dir / ".s.PGSQL.5432").chmod(0o777)
    cluster.home.chmod(0o755)
    refused = subprocess.run(
        [Installation.find().program("psql"), cluster.dsn(), "-c", "select 1"],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
    )
    assert refused.returncode != 0
    assert "authentication failed" in refused.stderr


@as_root
def test_an_ordinary_user_needs_no_root(place: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    try:
        readable = subprocess.run(
            [sys.executable, "-c", "import psycopg"],
            user=nobody.pw_uid,
            group=nobody.pw_gid,
            extra_groups=[],
            cwd="/",
            check=False,
            capture_output=True,
        ).returncode
    except PermissionError:
        readable = -1
    if readable != 0:
        pytest.skip("this environment lies where other users cannot read")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    code = (
        "import sys; from pathlib import Path; from spatial.cluster import Cluster, require_database\n"
        "c = Cluster(Path(sys.argv[1]) / 'postgresql', durable=False)\n"
        "print(c.up()); require_database(c.dsn()); print(c.down())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(place)],
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        cwd="/",
        env={"PYTHONPATH": str(ROOT), "HOME": str(place), "PATH": os.environ["PATH"]},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["True", "True"], done.stderr


@as_root
def test_a_place_that_postgres_cannot_reach_is_refused_with_the_way_out(place: Path) -> None:
    place.chmod(0o700)
    with pytest.raises(EnvironmentProblem, match="--data") as refusal:
        Cluster(place / "postgresql").up()
    assert str(place) in refusal.value.en


def test_a_full_disk_is_told_before_anything_is_made(place: Path) -> None:
    with pytest.raises(DiskFull, match="--data"):
        require_space(place, bytes_needed=1 << 62)


@as_root
def test_a_full_disk_leaves_nothing_half_made(place: Path) -> None:
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=20m,mode=0755", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        pytest.skip("no file system can be mounted here")
    try:
        cluster = Cluster(
            place / "postgresql", durable=False
        )  # does not look ahead: meets the limit in initdb
        with pytest.raises(DiskFull):
            cluster.up()
        assert not cluster.made
        with pytest.raises(DiskFull):
            Cluster(place / "postgresql").up()
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_missing_packages_are_named(tmp_path: Path) -> None:
    with pytest.raises(PackagesMissing, match="postgresql-15-postgis-3"):
        Installation.find(programs=tmp_path, extensions=tmp_path)


def test_the_oldest_supported_version_with_postgis_is_taken(tmp_path: Path) -> None:
    for version, has_postgis in ((13, True), (15, False), (16, True), (17, True)):
        (tmp_path / f"{version}/bin").mkdir(parents=True)
        (tmp_path / f"{version}/bin/initdb").touch()
        (tmp_path / f"{version}/extension").mkdir()
        if has_postgis:
            (tmp_path / f"{version}/extension/postgis.control").touch()
    assert Installation.find(programs=tmp_path, extensions=tmp_path).version == 16
    assert Installation.find(17, programs=tmp_path, extensions=tmp_path).version == 17
    with pytest.raises(PackagesMissing):
        Installation.find(13, programs=tmp_path, extensions=tmp_path)


def test_a_server_that_is_too_old_is_named_with_the_way_out(server_dsn: str) -> None:
    require_database(server_dsn)
    with pytest.raises(ServerTooOld, match="upgrade") as refusal:
        require_database(server_dsn, postgresql=99)
    assert refusal.value.en.endswith(f"found {refusal.value.value}")
    with pytest.raises(ServerTooOld, match=r"PostGIS 99\.0 or later") as refusal:
        require_database(server_dsn, postgis=(99, 0))
    assert str(refusal.value.value).startswith("3.")


def test_a_throwaway_cluster_is_gone_afterwards() -> None:
    with throwaway() as cluster:
        assert setting(cluster.dsn("postgres"), "fsync") == "off"
        place = cluster.home.parent
        process = cluster.running()
        assert process is not None
    assert not place.exists()
    assert not process.alive


def test_leftovers_of_a_killed_run_are_cleared_by_the_next() -> None:
    code = (
        "import os, time; from spatial.cluster import throwaway\n"
        "with throwaway() as c:\n    print(c.home.parent, flush=True); time.sleep(60)"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert killed.stdout is not None
    left = Path(killed.stdout.readline().strip())
    killed.kill()
    killed.wait()
    assert Cluster(left / "postgresql").running() is not None
    with throwaway():
        assert not left.exists()
    assert not working_in(left / "postgresql/data")


@pytest.mark.parametrize(
    ("memory_mib", "shared_buffers", "work_mem"),
    [(512, "128MB", "8MB"), (8192, "2048MB", "20MB"), (262144, "8192MB", "64MB")],
)
def test_memory_is_shared_out_within_bounds(memory_mib: int, shared_buffers: str, work_mem: str) -> None:
    values = tuning.settings(memory_mib << 20, Path("/s"), Path("/l"), durable=True)
    assert values["shared_buffers"] == shared_buffers
    assert values["work_mem"] == work_mem


def test_quotes_in_a_path_stay_inside_the_value() -> None:
    assert "x = '/o''brien'" in tuning.text({"x": "/o'brien"})


def test_a_process_is_not_taken_for_its_successor() -> None:
    child = subprocess.Popen(["sleep", "60"])
    first = Process.of(child.pid)
    assert first is not None
    assert first.alive
    assert not Process(child.pid, "another start").alive
    child.kill()
    child.wait()
    assert not first.alive
