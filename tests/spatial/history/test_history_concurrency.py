"""Writers beside each other, and writers that die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from history_cases import SITES, day, deliver, intent, make, must, shown, site, stage

from spatial.database import Connection, connect
from spatial.history import ledger, write
from spatial.history.model import Column, FeatureTable

OTHER = FeatureTable("other-sites", (Column("name", "text"),), "Point")


def test_writers_of_one_layer_take_turns_and_lose_nothing(connection: Connection, database: str) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site("common", "0")]))
    failures: list[BaseException] = []

    def work(who: int) -> None:
        try:
            with connect(database) as conn:
                for n in range(8):
                    must(deliver(conn, SITES, [site(f"w{who}-{n}"), site("common", f"{who}-{n}")], n))
        except BaseException as failure:  # told below, on the test's own thread
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(shown(connection, SITES, day(30))) == 1 + 4 * 8
    verdict = ledger.verify(connection)
    assert (verdict.ok, verdict.changesets) == (True, 1 + 4 * 8)
    times = [c.recorded_at for c in ledger.changesets(connection)]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == len(times)


def test_a_writer_waits_for_the_layer_but_not_for_another(connection: Connection, database: str) -> None:
    make(connection, SITES, OTHER)
    must(deliver(connection, SITES, [site("a")]))
    must(deliver(connection, OTHER, [site("a")]))
    must(write.apply(connection, stage(connection, SITES, [site("a", "甲")]), intent(1)))  # not committed
    with connect(database) as second:
        second.execute("set lock_timeout = '300ms'")
        second.commit()
        must(deliver(second, OTHER, [site("a", "乙")], 1))
        staging = stage(second, SITES, [site("a", "丙")])
        second.commit()
        with pytest.raises(psycopg.errors.LockNotAvailable):
            write.apply(second, staging, intent(2))
        second.rollback()
        assert shown(second, SITES, day(3)) == {"a": "站"}, "readers do not wait and see no half"
        connection.commit()
        must(write.apply(second, staging, intent(2)))
    assert shown(connection, SITES, day(3)) == {"a": "丙"}


def test_a_first_load_does_not_stop_readers_before_its_end(connection: Connection, database: str) -> None:
    make(connection, SITES)
    with connect(database, autocommit=True) as reader:
        reader.execute("set lock_timeout = '300ms'")
        staging = stage(connection, SITES, [site("a")])
        assert shown(reader, SITES, day(1)) == {}
        must(write.apply(connection, staging, intent()))
        connection.commit()
        assert shown(reader, SITES, day(1)) == {"a": "站"}


def test_snapshots_that_could_be_old_are_refused(connection: Connection) -> None:
    make(connection, SITES)
    connection.execute("set transaction isolation level repeatable read")
    staging = stage(connection, SITES, [site("a")])
    with pytest.raises(psycopg.errors.InvalidTransactionState):
        write.apply(connection, staging, intent())


WRITER = """
import sys
from history_cases import SITES, intent, site, stage
from spatial.database import connect
from spatial.history import write

with connect(sys.argv[1]) as conn:
    staging = stage(conn, SITES, [site(f"s{n}", "新") for n in range(20000)])
    print(conn.info.backend_pid, flush=True)
    write.apply(conn, staging, intent(5))
    print("applied", flush=True)
    sys.stdin.read()
"""


@pytest.mark.fault
@pytest.mark.parametrize("victim", ["client during apply", "client before commit", "backend during apply"])
def test_a_killed_writer_leaves_nothing(connection: Connection, database: str, victim: str) -> None:
    make(connection, SITES)
    must(deliver(connection, SITES, [site(f"s{n}") for n in range(3)]))
    before = connection.execute("select count(*), max(opened_by) from history.cell_sites").fetchone()
    connection.commit()
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parents[2]}"}
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    ) as writer:
        assert writer.stdout is not None
        backend = int(writer.stdout.readline())
        if victim == "client before commit":
            assert writer.stdout.readline() == "applied\n"
            writer.send_signal(signal.SIGKILL)
        elif victim == "client during apply":
            time.sleep(0.2)
            writer.send_signal(signal.SIGKILL)
        else:
            time.sleep(0.2)
            connection.execute("select pg_terminate_backend(%s)", (backend,))
            connection.commit()
            writer.send_signal(signal.SIGKILL)
    gone_by = time.monotonic() + 60
    while connection.execute("select from pg_stat_activity where pid = %s", (backend,)).fetchone():
        connection.commit()
        assert time.monotonic() < gone_by, "the backend never noticed"
        time.sleep(0.05)
    connection.commit()
    after = connection.execute("select count(*), max(opened_by) from history.cell_sites").fetchone()
    assert after == before
    assert ledger.verify(connection).ok
    assert connection.execute(
        "select count(*) from pg_class where relnamespace = 'staging'::regnamespace"
    ).fetchone() == (0,)
    must(deliver(connection, SITES, [site("s0", "后")], 6))
    verdict = ledger.verify(connection)
    assert (verdict.ok, verdict.changesets) == (True, 2)
