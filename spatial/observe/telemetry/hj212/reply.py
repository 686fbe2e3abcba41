"""What a centre sends 上位机报文: answers and requests. Their fields and the codes of results are 待核."""

from __future__ import annotations

from datetime import datetime

from spatial.datum import BEIJING
from spatial.observe.telemetry.hj212.content import PERIODS, Command
from spatial.observe.telemetry.hj212.packet import ANSWER, VERSION_2017, Packet, packet

SYSTEM = "91"
"""System code 系统编码 of the exchange between systems."""
_NOTICES = frozenset({1013})
"""Commands of a device that a notice answer is due to: the request to set its clock."""

RESULTS = {
    1: "准备执行请求",
    2: "请求被拒绝",
    3: "密码错误",
    4: "设备标识错误",
    5: "系统编码错误",
    6: "标志错误",
    7: "请求编码错误",
    8: "命令编码错误",
    9: "校验错误",
    100: "未知错误",
}
"""Codes of QnRtn in 9011."""


def answer(one: Packet) -> Packet | None:
    """The answer to what a device sent and that is kept; None where it asked for none."""
    if not one.wants_answer or one.cn >= Command.REQUEST_ANSWER:
        return None
    command = Command.NOTICE_ANSWER if one.cn in _NOTICES else Command.DATA_ANSWER
    return packet("", QN=one.qn, ST=SYSTEM, CN=int(command), PW=one.pw, MN=one.mn, Flag=VERSION_2017)


def request_answer(one: Packet, result: int) -> Packet:
    """9011: whether a request will be carried out."""
    fields = {"QN": one.qn, "ST": SYSTEM, "PW": one.pw, "MN": one.mn, "Flag": VERSION_2017}
    return packet(f"QnRtn={result}", CN=int(Command.REQUEST_ANSWER), **fields)


def result(one: Packet, code: int) -> Packet:
    """9012: what came of a request."""
    fields = {"QN": one.qn, "ST": SYSTEM, "PW": one.pw, "MN": one.mn, "Flag": VERSION_2017}
    return packet(f"ExeRtn={code}", CN=int(Command.RESULT), **fields)


def request(
    command: int, system: str, password: str, device: str, now: datetime, content: str = ""
) -> Packet:
    """A request of the centre; the device answers 9011, then 9012 or data."""
    number = now.astimezone(BEIJING).strftime("%Y%m%d%H%M%S") + f"{now.microsecond // 1000:03d}"
    fields = {"QN": number, "ST": system, "PW": password, "MN": device}
    return packet(content, CN=command, Flag=VERSION_2017 | ANSWER, **fields)


def past(command: Command, start: datetime, stop: datetime) -> str:
    """Content that asks for values of a span: 2031, 2051 or 2061 with begin and end."""
    if command not in PERIODS:
        raise ValueError(f"{command} carries no values")
    times = [instant.astimezone(BEIJING).strftime("%Y%m%d%H%M%S") for instant in (start, stop)]
    return f"BeginTime={times[0]};EndTime={times[1]}"
