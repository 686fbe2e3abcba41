"""Searches of the catalogue that mean no good: refused by name, or answered; the server never fails."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest
from api_serving import Served

ITEMS = "/collections/records/items"
ANSWERED = {
    "ten thousand bytes": (f"q={'a' * 8000}", 0),
    "thousands of terms": ("q=" + ",".join(f"{n:x}" for n in range(0x1000, 0x1000 + 1600)), 0),
    "the same term over and over": ("q=" + ",".join(["zzzz"] * 1600), 0),
    "marks of other languages": (f"q={quote('; drop table spatial.layer; --')}", 0),
    "a pattern": (f"q={quote('.*%_[a-z]+(?=x)')}", 0),
    "a ligature that unfolds": (f"q={quote('ﷺ' * 300)}", 0),
    "marks on marks": (f"q={quote('e' + '́' * 900)}", 0),
    "from right to left": (f"q={quote('‮' + 'points' + '‭')}", 0),
    "full width": (f"q={quote('ＰＯＩＮＴＳ')}", 1),
    "blanks of all kinds": (f"q={quote('　 ') + 'points' + quote('   ')}", 1),
    "empty phrases about": ("q=,,,points,,,", 1),
    "markup": (f"q={quote('<script>alert(1)</script>')}", 0),
    "ids of all kinds": (f"ids={quote('../../etc/passwd')},{quote('a b')},points", 1),
    "a page far away": ("q=points&offset=999999999", 1),
    "a page of all": ("q=points&limit=999999999", 1),
    "a box over the edge": ("bbox=179,-10,-179,10&ids=points", 0),
    "a box with heights": ("bbox=118,36,-1e9,119,37,1e9&ids=points", 1),
    "a box of one point": ("bbox=118.7,36.805,118.7,36.805&ids=areas", 1),
    "sorted a thousand times": ("q=points&sortby=" + ",".join(["-title", "id"] * 400), 1),
    "a time without an end": ("ids=notes&datetime=2026-06-01/..", 1),
    "a time open at both ends": ("ids=notes&datetime=../..", 1),
    "another external identity": (f"externalIds={quote('urn:x:' * 200)}", 0),
}
REFUSED = {
    "no term": ("q=", "q"),
    "commas alone": ("q=,,,", "q"),
    "blanks alone": (f"q={quote('　 ')}", "q"),
    "NUL": ("q=a%00b", "q"),
    "a lone surrogate": ("q=%ED%A0%80", "(查询串)"),
    "half a letter": ("q=%E5%AF", "(查询串)"),
    "bytes over the middle": ("q=%FF%FE", "(查询串)"),
    "twice": ("q=a&q=b", "q"),
    "an unknown one": ("query=a", "query"),
    "too many parts": ("&".join(["q=a"] * 70), "(查询串)"),
    "a box of words": ("bbox=a,b,c,d", "bbox"),
    "a box of five": ("bbox=1,2,3,4,5", "bbox"),
    "a box of none": ("bbox=", "bbox"),
    "a box of infinities": ("bbox=-inf,-inf,inf,inf", "bbox"),
    "a box that is no number": ("bbox=nan,nan,nan,nan", "bbox"),
    "a box upside down": ("bbox=118,37,119,36", "bbox"),
    "a box beyond the earth": ("bbox=118,36,119,1e308", "bbox"),
    "a box of thousands": ("bbox=" + ",".join(["1"] * 3000), "bbox"),
    "a time that is none": ("datetime=yesterday", "datetime"),
    "a time turned about": ("datetime=2026-02-01/2026-01-01", "datetime"),
    "a day that is none": ("datetime=2026-02-30", "datetime"),
    "a year beyond all": ("datetime=99999-01-01", "datetime"),
    "a limit below": ("limit=-1", "limit"),
    "a limit of words": ("limit=ten", "limit"),
    "a limit beyond numbers": (f"limit={'9' * 400}", "limit"),
    "an offset in another script": (f"offset={quote('٣')}", "offset"),
    "an offset of a fraction": ("offset=1.5", "offset"),
    "sorted by nothing": ("sortby=", "sortby"),
    "sorted by what is hidden": ("sortby=steward", "sortby"),
    "sorted by a word of Python": ("sortby=__class__", "sortby"),
    "ids of nothing": ("ids=,", "ids"),
    "a kind of nothing": ("type=,,", "type"),
}


@pytest.mark.parametrize(("query", "least"), ANSWERED.values(), ids=ANSWERED.keys())
def test_it_is_a_search_like_any(served: Served, query: str, least: int) -> None:
    answer = served.get(f"{ITEMS}?{query}")
    assert answer.status_code == 200, answer.text[:500]
    document = answer.json()
    assert document["numberMatched"] >= least
    if least == 0:
        assert document["numberMatched"] == 0, query[:80]
    page = served.get(f"{ITEMS}?{query}&f=html")
    assert page.status_code == 200 and "<script" not in page.text


@pytest.mark.parametrize(("query", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_by_name(served: Served, query: str, named: str) -> None:
    answer = served.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400, answer.text[:500]
    told = answer.json()
    assert told["parameter"] == named
    assert told["zh"] and told["en"] and len(answer.content) < 4000


def test_an_address_that_is_too_long_is_told(served: Served) -> None:
    assert served.get(f"{ITEMS}?q={'a' * 10_000}").status_code == 414


@pytest.mark.parametrize(
    "name", ["%00", "%ED%A0%80", "%FF", "a%2Fb", "x" * 5000, quote("市" * 500), "..%2f", "%20"]
)
def test_a_record_of_a_hostile_name_is_not_there(served: Served, name: str) -> None:
    answer = served.get(f"{ITEMS}/{name}")
    assert answer.status_code in (400, 404), answer.text[:300]
    assert len(answer.content) < 4000


def test_queries_drawn_at_random_never_break_it(served: Served) -> None:
    chance = random.Random(7)
    names = ("q", "bbox", "datetime", "limit", "offset", "sortby", "ids", "type", "externalIds", "f", "lang")
    marks = "aZ09,.-+/:;%&=#\"'<>\\() \t市é‮\U0001f30a"
    for _ in range(400):
        parts = [
            f"{chance.choice(names)}={quote(''.join(chance.choices(marks, k=chance.randrange(30))))}"
            for _ in range(chance.randrange(1, 5))
        ]
        answer = served.get(f"{ITEMS}?{'&'.join(parts)}")
        assert answer.status_code in (200, 400, 406), (parts, answer.text[:300])
