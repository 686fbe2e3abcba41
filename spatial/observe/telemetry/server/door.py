"""Where stations knock 端口: an address, and the protocol that is spoken there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spatial.observe.telemetry.dialogue import Dialogue, Peer
from spatial.observe.telemetry.hj212.dialogue import Dialogue as Hj212
from spatial.observe.telemetry.sl651.dialogue import Dialogue as Sl651

Channel = Literal["sl651/tcp", "sl651/udp", "hj212/tcp"]


@dataclass(frozen=True, slots=True)
class Door:
    """A port of a protocol. ``stay`` asks SL 651 stations to stay connected (ESC in place of EOT)."""

    channel: Channel
    host: str
    port: int
    stay: bool = False

    def dialogue(self, peer: Peer) -> Dialogue:
        """A dialogue of the door's protocol."""
        return Hj212(peer) if self.channel == "hj212/tcp" else Sl651(peer, stay=self.stay)
