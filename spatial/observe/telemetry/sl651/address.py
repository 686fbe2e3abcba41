"""Station addresses 遥测站地址, five bytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spatial.observe.telemetry.errors import BadMessage, CannotEncode, Reason

SIZE = 5
BROADCAST = 65535
_LAST_STATION = 60000


class Kind(StrEnum):
    """What an address belongs to."""

    HYDROLOGICAL = "hydrological"  # 水文测站, code of SL 502
    STATION = "station"
    RELAY = "relay"
    BROADCAST = "broadcast"


@dataclass(frozen=True, slots=True)
class Station:
    """An address as its five bytes.

    A hydrological station is ``00`` and eight BCD digits; others are the county code (GB/T 2260)
    in three BCD bytes and a number in two bytes: 1–60000 station, 60001–65534 relay, 65535 all.
    """

    address: bytes

    @property
    def kind(self) -> Kind:
        """What it belongs to."""
        if self.address[0] == 0:
            return Kind.HYDROLOGICAL
        number = self.number
        if number == BROADCAST:
            return Kind.BROADCAST
        return Kind.STATION if number <= _LAST_STATION else Kind.RELAY

    @property
    def code(self) -> str:
        """Eight digits of a hydrological station, else the six of the county."""
        text = self.address.hex()
        return text[2:] if self.address[0] == 0 else text[:6]

    @property
    def number(self) -> int:
        """The two last bytes; of a station that is no hydrological one."""
        return int.from_bytes(self.address[3:])

    @property
    def text(self) -> str:
        """Ten hexadecimal digits, as in the ASCII form.

        >>> Station.hydrological("10100001").text, Station.of_county("370783", 7).text
        ('0010100001', '3707830007')
        """
        return self.address.hex().upper()

    @staticmethod
    def hydrological(code: str) -> Station:
        """A station by its SL 502 code of eight digits."""
        if len(code) != 8 or not _digits(code):
            raise CannotEncode(
                f"水文测站编码须为 8 位数字:{code}",
                f"the code of a hydrological station has 8 digits: {code}",
                value=code,
            )
        return Station(bytes.fromhex("00" + code))

    @staticmethod
    def of_county(county: str, number: int) -> Station:
        """A station, relay or all stations of a county by its GB/T 2260 code."""
        if len(county) != 6 or not _digits(county) or county.startswith("00") or not 1 <= number <= 65535:
            raise CannotEncode(
                f"站址须为 6 位行政区划代码和 1–65535 的编号:{county} {number}",
                f"an address is a county code of 6 digits and a number from 1 to 65535: {county} {number}",
                value=f"{county} {number}",
            )
        return Station(bytes.fromhex(county) + number.to_bytes(2))

    @staticmethod
    def read(address: bytes) -> Station:
        """The address in these five bytes; BadMessage where they are none."""
        text = address.hex()
        if len(address) != SIZE or not (
            _digits(text) if text.startswith("00") else _digits(text[:6]) and text[6:] != "0000"
        ):
            raise BadMessage(Reason.BAD_ADDRESS, text)
        return Station(address)


def _digits(text: str) -> bool:
    return text.isascii() and text.isdecimal()
