"""A Mosquitto of our own 自有消息代理: Debian's program with our configuration, never the system's service.

What the configuration promises: sessions and what waits for them outlive the broker; a subscriber that never
reads costs at most ``QUEUE_BYTES`` of queue and holds up nobody; a packet beyond ``PACKET_BYTES`` ends the
connection of its sender, since MQTT 3.1.1 has no way to refuse one. Anonymous clients are let in, so it
listens to programs of this machine only.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from spatial.cluster.account import Account
from spatial.errors import EnvironmentProblem, InvalidInput, PackagesMissing
from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.settings import is_loopback

SERVICE_USER = "mosquitto"
PACKET_BYTES = 1 << 20
QUEUE_BYTES = 256 << 20
MEMORY_BYTES = 1 << 30
SAVE_S = 1
"""What waits at the broker is saved so often. Mosquitto confirms before it saves: a broker that is killed
may forget what came in this time and was not handed on."""
READY_WITHIN_S = 10.0
_PLACES = ("/usr/sbin", "/usr/local/sbin", "/usr/bin")


@dataclass(frozen=True, slots=True)
class Mosquitto:
    """The broker of one data directory."""

    home: Path
    host: str
    port: int

    @property
    def broker(self) -> Broker:
        """Its address."""
        return Broker(self.host, self.port)

    @property
    def configuration(self) -> Path:
        """Its file."""
        return self.home / "mosquitto.conf"

    def prepare(self) -> None:
        """Write the configuration, and make the folder of its user."""
        if not is_loopback(self.host):
            raise InvalidInput(
                f"消息代理不设口令,只能监听本机地址(如 127.0.0.1):{self.host}",
                "the broker has no passwords, so it listens to this machine only (as 127.0.0.1):"
                f" {self.host}",
                value=self.host,
            )
        account = self._account()
        account.directory(self.home)
        account.write(self.configuration, self._written(account))

    def start(self, log: IO[bytes] | None = None) -> subprocess.Popen[bytes]:
        """Start it; the caller waits for :meth:`await_ready` and ends it."""
        program = shutil.which("mosquitto", path=":".join((os.environ.get("PATH", ""), *_PLACES)))
        if program is None:
            raise PackagesMissing(
                "本机没有 Mosquitto,请安装(./onemap up --mqtt 会安装):mosquitto",
                "Mosquitto is not on this machine; install it (./onemap up --mqtt does): mosquitto",
                value="mosquitto",
            )
        self.prepare()
        return subprocess.Popen(
            [program, "-c", str(self.configuration)], stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )

    def await_ready(self, child: subprocess.Popen[bytes]) -> None:
        """Wait until it listens; EnvironmentProblem where it does not."""
        deadline = time.monotonic() + READY_WITHIN_S
        while child.poll() is None and time.monotonic() < deadline:
            if self.listening():
                return
            time.sleep(0.05)
        raise EnvironmentProblem(
            f"消息代理未能启动,请查看日志,或另选端口:{self.host}:{self.port}",
            f"the broker did not start; see the log, or choose another port: {self.host}:{self.port}",
            value=f"{self.host}:{self.port}",
        )

    def listening(self) -> bool:
        """It takes connections."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1):
                return True
        except OSError:
            return False

    def _account(self) -> Account:
        """Mosquitto gives up the rights of root: its folder belongs to whom it becomes."""
        if os.geteuid() != 0:
            return Account.by_uid(os.geteuid())
        try:
            return Account.by_uid(pwd.getpwnam(SERVICE_USER).pw_uid)
        except KeyError:
            return Account.by_uid(0)

    def _written(self, account: Account) -> str:
        user = f"user {account.name}\n" if os.geteuid() == 0 else ""
        return f"""\
# Written anew at each start.
{user}listener {self.port} {self.host}
allow_anonymous true
persistence true
persistence_location {self.home}/
autosave_interval {SAVE_S}
persistent_client_expiration 30d
max_packet_size {PACKET_BYTES}
max_inflight_messages 0
max_queued_messages 0
max_queued_bytes {QUEUE_BYTES}
memory_limit {MEMORY_BYTES}
set_tcp_nodelay true
sys_interval 5
log_dest stderr
log_dest topic
log_type error
log_type warning
log_type subscribe
connection_messages false
"""
