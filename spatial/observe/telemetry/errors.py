"""What telemetry refuses 遥测拒收; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from enum import StrEnum

from spatial.errors import InvalidInput, NotFound, Refused, TooLarge


class Reason(StrEnum):
    """Why a message was not taken 拒收原因; the texts are stable codes."""

    GARBAGE = "garbage"
    BAD_HEADER = "bad-header"
    BAD_LENGTH = "bad-length"
    BAD_END = "bad-end"
    BAD_CRC = "bad-crc"
    BAD_ADDRESS = "bad-address"
    BAD_BODY = "bad-body"
    TRUNCATED = "truncated"
    OVERSIZED = "oversized"
    INCOMPLETE = "incomplete"
    UNEXPECTED = "unexpected"
    FUTURE_DATED = "future-dated"
    PAST_DATED = "past-dated"
    UNKNOWN_DEVICE = "unknown-device"
    SINK_REFUSED = "sink-refused"

    @property
    def zh(self) -> str:
        """For the people who look through the rejects."""
        return _ZH[self]


_ZH = {
    Reason.GARBAGE: "报文之外的字节",
    Reason.BAD_HEADER: "报头不符",
    Reason.BAD_LENGTH: "长度不符",
    Reason.BAD_END: "结束符不符",
    Reason.BAD_CRC: "校验码不符",
    Reason.BAD_ADDRESS: "站址无效",
    Reason.BAD_BODY: "正文无法解析",
    Reason.TRUNCATED: "报文不完整",
    Reason.OVERSIZED: "超出长度上限",
    Reason.INCOMPLETE: "多包报文缺包",
    Reason.UNEXPECTED: "不应由测站发出",
    Reason.FUTURE_DATED: "时间晚于收到时刻",
    Reason.PAST_DATED: "时间过早",
    Reason.UNKNOWN_DEVICE: "未登记的设备",
    Reason.SINK_REFUSED: "入库时拒收",
}


class BadMessage(InvalidInput):
    """A message that does not follow its protocol 报文不合规约; ``reason`` says in what."""

    code = "bad-message"

    def __init__(self, reason: Reason, detail: str, value: object = None) -> None:
        super().__init__(
            f"报文不合规约({reason.zh}),请核对设备的规约设置:{detail}",
            f"the message does not follow its protocol ({reason.value}); check the settings of the device:"
            f" {detail}",
            value=detail if value is None else value,
        )
        self.reason = reason
        self.detail = detail


class CannotEncode(InvalidInput):
    """Content that the protocol has no form for 无法编码."""

    code = "cannot-encode"


class CommandRefused(Refused):
    """A command that only a named person may send, confirmed by a second one 须人工确认的指令."""

    code = "command-refused"


class BadTemplate(InvalidInput):
    """A topic or payload template that contradicts itself 模板有误."""

    code = "bad-template"


class BadBackFill(InvalidInput):
    """A back-fill file whose header cannot be meant 回补文件有误."""

    code = "bad-back-fill"


class BackFillTooLarge(TooLarge):
    """A back-fill file beyond the limit of one delivery 回补文件过大."""

    code = "back-fill-too-large"


class UnknownMessage(NotFound):
    """No raw message of that number 无此原始报文."""

    code = "unknown-message"
