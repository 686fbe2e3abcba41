"""Fields that a delivery does not bring 文件未提供的字段: which stay, and what is lost with the others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from spatial.catalogue.contract import Contract, Secrecy
from spatial.database import Connection
from spatial.exchange import store
from spatial.exchange.evidence import Evidence
from spatial.history.write import Staging


def settle(
    connection: Connection, staging: Staging, contract: Contract, missing: Sequence[str], at: datetime
) -> list[Evidence]:
    """Keep the internal fields of staged features, and tell what of the public ones will be empty.

    Whoever made the file could not see internal fields: that they are missing says nothing.
    A public field that is missing says that it is empty from ``at`` on.
    """
    absent = [each for each in contract.fields if each.name in missing]
    internal = [each for each in absent if each.secrecy is not Secrecy.PUBLIC]
    public = {each.name: each for each in absent if each.secrecy is Secrecy.PUBLIC}
    told = []
    if internal and (kept := store.keep_untold(connection, staging, [each.name for each in internal], at)):
        told.append(
            Evidence(
                "kept",
                f"文件不含内部字段 {'、'.join(each.title.zh for each in internal)},{kept} 个要素沿用原值",
                f"the file does not bring the internal fields {', '.join(each.name for each in internal)};"
                f" {kept} features keep what they have",
                {"features": float(kept)},
            )
        )
    for name, count in (store.untold(connection, staging, list(public), at) if public else {}).items():
        told.append(
            Evidence(
                "lost",
                f"文件没有字段 {public[name].title.zh}({name}),{count} 个要素现有的值将为空",
                f"the file has no field {name}; {count} features have a value now and will have none",
                {"features": float(count)},
            )
        )
    return told
