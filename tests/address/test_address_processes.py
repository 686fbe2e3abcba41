"""The processes of the address service, run as jobs on a register in PostGIS."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook, load_workbook

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import job, submit

from address import advance, wording
from address.batch import PARSED, Parts, Totals
from address.bundle import Bundle
from address.disturb import Register, noisy_queries
from address.disturb.queries import Split
from address.match.doubt import SAID, Doubt
from address.processes import ADDRESS, advancing, renumbering
from address.processes.lists import READ
from address.processes.reorganisation import WRITTEN
from address.reassign import LAYERS
from address.sample import draw, loading
from address.store import ENGINE_LAYERS
from api.cli.commands import onemap
from spatial.database import connect
from spatial.jobs import content, run, store
from spatial.jobs.model import State
from spatial.jobs.process import Processes
from spatial.jobs.workplace import Workplace

SIZE = 1_500
BY_ID = {each.id: each for each in ADDRESS}
SIGNED = {"author": "张伟", "department": "民政局", "reason": "测试"}


@cache
def _bundle() -> Bundle:
    return draw(SIZE, loading.SEED).bundle()


@cache
def _texts() -> tuple[str, ...]:
    snapshot = _bundle().snapshot
    return tuple(
        wording.full_texts(snapshot.components).take(pa.array(snapshot.addresses.component)).to_pylist()
    )


@pytest.fixture(scope="module")
def register(shared_database: str) -> str:
    loading.build(shared_database, SIZE)
    return shared_database


def _run(dsn: str, process: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a job, run here: files as bytes, the rest as JSON."""
    chosen = BY_ID[process]
    job_id = submit(dsn, chosen, inputs, *chosen.needs(inputs))
    run.run(Workplace(dsn, "370783"), Processes(ADDRESS), job_id, 1)
    done = job(dsn, job_id)
    if done.state is not State.SUCCESSFUL:
        return {"failed": done}
    with connect(dsn) as connection:
        kept = {each.name: each for each in store.outputs(connection, job_id)}
        read = {name: content.fetch(connection, each.sha256) for name, each in kept.items()}
    return {name: body if kept[name].file_name else orjson.loads(body) for name, body in read.items()}


def _handed_in(name: str, body: bytes, **more: Any) -> dict[str, Any]:
    return {"file": {"name": name, "content": base64.b64encode(body).decode()}, **more}


def _csv(header: list[str], rows: list[list[str]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue().encode(encoding)


def _read(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))


def test_the_declarations_name_what_the_service_reads_and_writes() -> None:
    assert READ == ENGINE_LAYERS
    assert WRITTEN == LAYERS
    assert advancing.WRITTEN == advance.LAYERS


def test_a_list_in_gbk_comes_back_with_its_addresses(register: str) -> None:
    rows = [[f"00{number}", "李四", text[6:]] for number, text in enumerate(_texts()[:300])]
    rows += [["x", "", ""], ["x", "王五", "月球基地"], ["", "", "寿光市未知街道没有路999号"]]
    body = _csv(["编号", "姓名", "家庭住址"], rows, "gb18030")
    done = _run(register, "geocode-batch", _handed_in("名单.csv", body, key="编号"))
    report, found = done["report"], _read(done["list"])
    park = "寿光蔬菜高科技示范园"
    assert report["encoding"] == "GB18030" and report["columns"] == ["家庭住址"]
    assert [row["编号"] for row in found] == [row[0] for row in rows], "every row, in its order"
    assert [row["家庭住址"] for row in found] == [row[2] for row in rows]
    assert report["rows"] == len(rows) and report["empty"] == 1
    assert sum(report["buckets"].values()) == len(rows)
    assert (report["keys_missing"], report["keys_repeated"]) == (1, 1)
    # A place may bear the name of the estate in which it stands: either may be meant.
    right = [
        row["匹配_标准地址"].removesuffix(park).removesuffix(park) == text.removesuffix(park)
        for row, text in zip(found, _texts()[:300], strict=False)
    ]
    assert sum(right) >= 297
    sure = [(row, good) for row, good in zip(found, right, strict=False) if row["匹配_处理"] == "自动"]
    assert [row for row, good in sure if not good] == []
    assert len(sure) > 280
    assert all(118 < float(row["匹配_经度"]) < 120 for row, _ in sure)
    assert [row["匹配_处理"] for row in found[-3:]] != ["自动"] * 3
    assert found[-3]["匹配_说明"] == "没有地址文字"


def test_what_people_write_is_told_apart_into_three(register: str) -> None:
    held = Register(_bundle().snapshot)
    queries = noisy_queries(held, 300, 7, Split.TRAIN)
    body = _csv(["地址"], [[each.text] for each in queries])
    done = _run(register, "match-batch", _handed_in("noisy.csv", body, format="parquet"))
    table = pq.read_table(io.BytesIO(done["list"])).to_pydict()
    keys = _bundle().snapshot.addresses.key.to_pylist()
    automatic = [
        (key, query)
        for bucket, key, query in zip(table["匹配_处理"], table["匹配_地址标识"], queries, strict=True)
        if bucket == "自动"
    ]
    wrong = [query.text for key, query in automatic if query.truth < 0 or keys[query.truth] != key]
    assert len(automatic) > 200
    assert len(wrong) <= 1, wrong
    assert "匹配_经度" not in table
    review = [
        said for bucket, said in zip(table["匹配_处理"], table["匹配_说明"], strict=True) if bucket == "待审"
    ]
    assert all(review), "each tells what stands against it"


def test_a_row_to_review_says_why(register: str) -> None:
    text = next(text for text in _texts() if text.endswith("室"))[len("山东省潍坊市寿光市") :]
    written = {
        f"父母住{text}": Doubt.TEXT_BEFORE, f"{text}对面": Doubt.BESIDE, f"{text}-A": Doubt.PART_OF_NUMBER,
        f"{text}已搬走": Doubt.SAID_OTHERWISE,
    }  # fmt: skip
    done = _run(
        register, "match-batch",
        _handed_in("why.csv", _csv(["地址"], [[each] for each in written]), format="parquet"),
    )  # fmt: skip
    table = pq.read_table(io.BytesIO(done["list"])).to_pydict()
    assert table["匹配_处理"] == ["待审"] * len(written)
    for said, doubt in zip(table["匹配_说明"], written.values(), strict=True):
        assert said.split(";")[0] == SAID[doubt].zh


def test_pieces_in_several_columns_are_joined(register: str) -> None:
    book = Workbook()
    book.active.append(["序号", "街道", "小区或村", "门牌"])
    wanted = [text for text in _texts() if "街道" in text][:40]
    for number, text in enumerate(wanted):
        town = text.index("街道") + 2
        book.active.append([number, text[9:town], text[town:-4], text[-4:]])
    kept = io.BytesIO()
    book.save(kept)
    done = _run(
        register, "match-batch", _handed_in("表.xlsx", kept.getvalue(), columns=["街道", "小区或村", "门牌"])
    )
    sheet = load_workbook(io.BytesIO(done["list"])).active
    head = [cell.value for cell in sheet[1]]
    at = head.index("匹配_标准地址")
    assert [row[at] for row in sheet.iter_rows(min_row=2, values_only=True)] == wanted
    found = _run(register, "match-batch", _handed_in("表.xlsx", kept.getvalue(), preview=3))
    assert found["report"]["columns"][0] == "街道"
    assert len(found["report"]["preview"]) == 3 == found["report"]["rows"]


@pytest.mark.parametrize(
    ("name", "body", "more", "said"),
    [
        ("a.csv", _csv(["甲"], [["1"], ["2"]]), {}, "--column"),
        ("a.csv", _csv(["地址"], [["寿光市"]]), {"columns": ["住址"]}, "住址"),
        ("a.csv", _csv(["地址", "匹配_处理"], [["寿光市圣城街道", ""]]), {"columns": ["地址"]}, "匹配_处理"),
        ("a.csv", _csv(["地址"], []), {}, "a.csv"),
        ("a.pdf", b"%PDF", {}, "a.pdf"),
        ("a.parquet", b"PAR1 nothing", {}, "a.parquet"),
        ("a.xlsx", b"PK nothing", {}, "a.xlsx"),
        ("a.xlsx", b"\xd0\xcf\x11\xe0" + bytes(508), {}, "XLSX"),
    ],
    ids=["no-addresses", "no-such-column", "column-taken", "empty", "format", "parquet", "xlsx", "xls"],
)
def test_a_bad_list_is_refused_by_name(
    register: str, name: str, body: bytes, more: dict[str, Any], said: str
) -> None:
    failed = _run(register, "match-batch", _handed_in(name, body, **more))["failed"]
    assert failed.state is State.FAILED
    assert said in failed.problem["zh"] and said in failed.problem["en"]


def test_what_is_read_in_part_is_looked_at(register: str) -> None:
    """A cell of 200,000 characters is read like any other, as far as an address may go."""
    address = _texts()[0]
    rows = [[address], [f"{address}{'。' * 200_000}"], [address]]
    done = _run(register, "match-batch", _handed_in("长.csv", _csv(["地址"], rows)))
    usual = csv.field_size_limit(1 << 20)
    found = _read(done["list"])
    csv.field_size_limit(usual)
    assert [row["匹配_处理"] for row in found] == ["自动", "待审", "自动"]
    assert [row["匹配_标准地址"] for row in found] == [address] * 3
    assert "只读了前 512 字" in found[1]["匹配_说明"]
    assert [row["地址"] for row in found] == [row[0] for row in rows]


def test_rows_of_one_address_are_grouped(register: str) -> None:
    first, second = _texts()[10], _texts()[20]
    texts = [first, first[3:], second, "月球 基地", "月球基地", "", first]
    rows = [[str(number), text] for number, text in enumerate(texts)]
    done = _run(register, "dedupe", _handed_in("重复.csv", _csv(["序号", "住址"], rows), columns=["住址"]))
    found = _read(done["list"])
    assert [row["去重_组"] for row in found] == ["1", "1", "2", "3", "3", "", "1"]
    assert [row["去重_代表"] for row in found] == ["是", "否", "是", "是", "否", "是", "否"]
    assert [row["去重_依据"] for row in found[2:6]] == ["同一地址", "文字相同", "文字相同", "没有地址文字"]
    assert done["report"]["duplicates"] == 3


def test_a_reorganisation_is_previewed_done_and_undone(register: str) -> None:
    steps = [{"step": "rename", "unit": "370783003215", "name": "新桑家营子村"}]
    common = {"day": "2026-06-01", "document": "寿民字〔2026〕1号", **SIGNED}
    before = _count(register, "select max(id) from spatial.changeset")
    seen = _run(register, "reassign-region", {**common, "steps": steps, "preview": True})["outcome"]
    assert _count(register, "select max(id) from spatial.changeset") == before, "a preview writes nothing"
    done = _run(register, "reassign-region", {**common, "steps": steps})["outcome"]
    assert {name: done[name] for name in ("components", "addresses", "links")} == {
        name: seen[name] for name in ("components", "addresses", "links")
    }
    assert done["addresses"] > 0 and "components" in done["changesets"]
    renamed = "select count(*) from history.components_believed where name = '新桑家营子村'"
    assert _count(register, renamed) == 1
    back = {**common, "undo": {"day": done["day"], "changesets": done["changesets"]}}
    assert _run(register, "reassign-region", back)["outcome"]["changesets"]
    assert _count(register, renamed + " and valid_to > '2026-06-01'") == 0
    nowhere = {**common, "steps": [{**steps[0], "unit": "nowhere"}]}
    assert "nowhere" in _run(register, "reassign-region", nowhere)["failed"].problem["zh"]


def test_components_move_on_in_their_life(register: str) -> None:
    asked = {**SIGNED, "subjects": ["370783006232"], "day": "2026-06-01", "document": "寿民字1号"}
    change = {**asked, "to": "changing", "role": "applicant", "papers": ["变更申请表"]}
    assert _run(register, "advance-address", {**change, "preview": True})["outcome"]["preview"]
    (moved,) = _run(register, "advance-address", change)["outcome"]["subjects"]
    assert (moved["before"], moved["after"]) == ("active", "changing")
    refused = _run(register, "advance-address", {**change, "to": "cancelled", "day": "2026-06-02"})["failed"]
    assert "不能从“变更中”变为“注销”" in refused.problem["zh"]
    back = {**asked, "to": "active", "role": "publisher", "papers": ["批准文件"], "day": "2026-06-03"}
    assert _run(register, "advance-address", back)["outcome"]["changesets"]


def test_a_town_is_given_codes(register: str) -> None:
    asked = {**SIGNED, "scheme": "internal", "town": "圣城街道", "day": "2026-06-01", "document": "公码字1号"}
    seen = _run(register, "assign-codes", {**asked, "preview": True})["outcome"]
    done = _run(register, "assign-codes", asked)["outcome"]
    assert seen["given"] == done["given"] > 0 and seen["first"] == done["first"] and not seen["changesets"]
    again = _run(register, "assign-codes", {**asked, "day": "2026-06-02"})["outcome"]
    assert (again["given"], again["kept"]) == (0, done["given"])
    for scheme, said in (("none", "没有这个编码方案"), ("gbt39609", "位数未定")):
        assert said in _run(register, "assign-codes", {**asked, "scheme": scheme})["failed"].problem["zh"]


def test_a_street_is_renumbered_previewed_and_put_back(register: str) -> None:
    street = {**SIGNED, "street": "圣城街", "day": "2026-06-01", "document": "公门字1号"}
    with connect(register) as connection:
        doors = connection.execute(
            "select c.fid, c.name from history.components_believed c join history.components_believed s"
            " on s.fid = c.parent_id where s.name = '圣城街' and c.element = 50 order by c.fid limit 2"
        ).fetchall()
    numbers = [{"door": fid, "number": 90_001 + place} for place, (fid, _) in enumerate(doors)]
    seen = _run(register, "renumber-street", {**street, "numbers": numbers, "preview": True})["outcome"]
    assert seen["preview"] and not seen["changesets"]
    assert [(each["door"], each["before"]) for each in seen["doors"]] == doors
    done = _run(register, "renumber-street", {**street, "numbers": numbers})["outcome"]
    assert done["doors"] == seen["doors"] and done["addresses"] == seen["addresses"] >= 2
    assert set(done["changesets"]) <= set(renumbering.WRITTEN)
    back = {**SIGNED, "day": "2026-06-01", "document": "公门字2号"}
    back["undo"] = {"day": done["day"], "changesets": done["changesets"]}
    assert _run(register, "renumber-street", back)["outcome"]["changesets"]
    for wrong in ({**street, "street": "没有街"}, {**street, "numbers": numbers[:1] * 2}, back | street):
        assert "failed" in _run(register, "renumber-street", wrong)


def test_an_audit_finds_what_was_spoiled(register: str) -> None:
    clean = _run(register, "quality-audit", {})
    assert clean["report"]["checked"]["addresses"] > 1000
    rows = _read(clean["violations"])
    assert (
        len(rows)
        == clean["report"]["total"]
        == sum(number for town in clean["report"]["by_town"].values() for number in town.values())
    )
    only = _run(register, "quality-audit", {"town": "圣城街道", "checks": ["parity", "duplicate"]})
    assert set(only["report"]["by_town"]) <= {"圣城街道"}
    assert {row["检查"] for row in _read(only["violations"])} <= {"单双号", "重号"}
    failed = _run(register, "quality-audit", {"town": "无此镇"})["failed"]
    assert "无此镇" in failed.problem["zh"]


def test_the_command_line_matches_goes_on_and_audits(register: str, tmp_path: Path) -> None:
    listed, target = tmp_path / "名单.csv", tmp_path / "成果.parquet"
    listed.write_bytes(_csv(["编号", "住址"], [[str(n), text] for n, text in enumerate(_texts()[:50])]))

    def ran(*words: str) -> Result:
        environ = {"ONEMAP_DATABASE_URL": register, "ONEMAP_DATA": str(tmp_path / "data")}
        return CliRunner().invoke(onemap, ["address", *words], env=environ)

    seen = ran("match", str(listed), "--preview", "5", "--json")
    assert json.loads(seen.stdout)["rows"] == 5 and not target.exists()
    done = ran("match", str(listed), "-o", str(target), "--json")
    assert json.loads(done.stdout)["buckets"]["自动"] >= 48
    assert pq.read_table(target).num_rows == 50
    assert [path.name for path in tmp_path.iterdir() if "parts" in path.name] == []
    assert ran("match", str(listed), "-o", str(listed)).exit_code == 2
    said = ran("parse", "--json", "寿光市文家街道桑家营子村123号")
    assert [part["element"] for part in json.loads(said.stdout)[0]["parts"]][-2:] == ["village", "door"]
    assert ran("parse").exit_code == ran("parse", "某街", "--file", str(listed)).exit_code == 2
    read = ran("parse", "--file", str(listed), "-o", str(tmp_path / "解析.csv"), "--json")
    assert json.loads(read.stdout) == {"columns": ["住址"], "rows": 50, "conflicts": 0}
    rows = _read((tmp_path / "解析.csv").read_bytes())
    old = tmp_path / "旧名单.csv"
    old.write_bytes(listed.read_bytes().decode().encode("gb18030"))
    again = ran("parse", "--file", str(old), "--encoding", "GB18030")
    assert "GB18030" in again.stdout, "as the refusal of an undecided encoding advises"
    assert [row["住址"] for row in rows] == list(_texts()[:50])
    assert {row["解析_县"] for row in rows} == {"寿光市"}
    for row in rows:  # the elements put together again are what was written
        assert "".join(row[f"解析_{name}"] for name in PARSED.values()) == row["住址"], row
    audited = ran("audit", "--town", "圣城街道", "-o", str(tmp_path / "问题.csv"), "--json")
    assert len(_read((tmp_path / "问题.csv").read_bytes())) == json.loads(audited.stdout)["total"]


def test_a_run_that_was_cut_off_goes_on_at_its_last_block(tmp_path: Path) -> None:
    state = {"list": "a"}
    parts = Parts(tmp_path / "parts", state)
    table, totals = pa.table({"a": ["1"]}), Totals(rows=1)
    parts.keep(0, table, totals)
    again = Parts(tmp_path / "parts", state)
    assert again.kept(0) == (table, totals)
    assert again.kept(1) is None
    assert Parts(tmp_path / "parts", {"list": "b"}).kept(0) is None, "of another list nothing is taken"


def _count(dsn: str, sql: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(sql).fetchone()  # type: ignore[arg-type]
    assert row is not None
    return int(row[0])
