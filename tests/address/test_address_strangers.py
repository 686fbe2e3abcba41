"""Texts as people write who do not know the register: parcels, police, banks, deeds, speech."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from pypinyin import lazy_pinyin

from address.match import Decision, Index
from address.match.doubt import SAID, Doubt
from address.match.index import mended
from address.model import Element
from address.sample import generate

E = Element


@dataclass(frozen=True)
class Ground:
    """A register with its index, and what is said of single addresses in it."""

    index: Index
    said: dict[str, tuple[int, dict[str, object]]]

    def accepted(self, text: str) -> int:
        found = self.index.match(text, 1)
        return found[0].row if found and found[0].decision is Decision.AUTOMATIC else -1


def chinese(number: int) -> str:
    """By place words: 一千一百零二."""
    digits, text = "零一二三四五六七八九", ""
    for place, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // place % 10
        if digit:
            text += digits[digit] + word
        elif text and number % place and not text.endswith("零"):
            text += "零"
    return text


@pytest.fixture(scope="module")
def ground() -> Ground:
    snapshot = generate(20_000, 11)
    components = snapshot.components
    names = components.name.to_pylist()
    live = [name for name, current in zip(names, components.current.tolist(), strict=True) if current]
    values, counts = np.unique(live, return_counts=True)
    count = dict(zip(values.tolist(), counts.tolist(), strict=True))
    said: dict[str, tuple[int, dict[str, object]]] = {}
    for row in snapshot.addresses.component.tolist():
        at, name, number = row, {}, {}
        while at >= 0:
            element = E(int(components.element[at]))
            name[element], number[element] = names[at], int(components.number[at])
            at = int(components.parent[at])
        shape = tuple(sorted(each for each in name if each > E.TOWN))
        kind = {
            (E.VILLAGE, E.ESTATE, E.BUILDING, E.UNIT, E.ROOM): "room", (E.ROAD, E.DOOR): "door",
            (E.VILLAGE, E.DOOR): "yard", (E.VILLAGE, E.OBJECT): "shed", (E.ROAD, E.LANE, E.DOOR): "lane",
            (E.VILLAGE, E.ESTATE, E.SECTION, E.BUILDING): "hall", (E.VILLAGE, E.ESTATE, E.OBJECT): "shop",
            (E.VILLAGE, E.HAMLET, E.DOOR): "hamlet",
        }.get(shape)  # fmt: skip
        if kind is None or kind in said:
            continue
        single = next(each for each in (E.ESTATE, E.ROAD, E.VILLAGE) if each in name)
        if count[name[single]] > 1 or any(char in name[single] for char in "东西南北中大小一二三四五六七八"):
            continue
        if kind == "room" and not (number[E.ROOM] > 1000 and number[E.UNIT] > 1 and len(name[E.ESTATE]) == 4):
            continue
        numbered = {"shed": E.OBJECT, "shop": E.OBJECT, "room": E.ROOM, "hall": E.BUILDING}.get(kind, E.DOOR)
        digits = "".join(char for char in name[numbered] if char.isdigit())
        if not digits or "附" in name[numbered] or (kind == "shed" and "大棚" not in name[E.OBJECT]):
            continue
        said[kind] = row, {
            "t": name[E.TOWN], "v": name.get(E.VILLAGE, ""), "e": name.get(E.ESTATE, ""), "n": int(digits),
            "r": name.get(E.ROAD, ""), "b": number.get(E.BUILDING, 0), "u": number.get(E.UNIT, 0),
            "l": number.get(E.LANE, 0), "s": name.get(E.SECTION, "")[:1], "m": name.get(E.HAMLET, ""),
        }  # fmt: skip
    return Ground(Index(snapshot), said)


_FOUND = [
    # Brackets that hold the address, or a part of it, are no note.
    ("room", "{e}({b}号楼{u}单元{n}室)"), ("room", "寿光市{t}{e}（{b}号楼（{u}单元））{n}室"),
    ("room", "{e}{b}号楼{u}单元({n})"), ("room", "((寿光市{t}{e}{b}号楼{u}单元{n}室))"),
    ("room", "{e}（{b}-{u}-{n}）"), ("door", "{r}（{n}号）"), ("lane", "{t}{r}（{l}巷{n}号）"),
    # Numbers in their many forms.
    ("room", "{e}{b}号楼{u}单元{zn}室"),
    ("room", "{e}{b}号楼{u}单元{zn}"),
    ("room", "{e}{b}号楼{roman}单元{n}室"),
    ("room", "{e}{b}#{u}#{n}"), ("room", "{e}{b}#楼{u}#单元{n}#"), ("room", "{e}{b}号楼{u}单元{f}-{d:02d}"),
    ("room", "{e}{b}号楼{u}单元{scanned}室"), ("room", "{e} 楼:{b} 单元:{u} 室:{n}"),
    ("room", "{e}Building{b}Unit{u}Room{n}"), ("room", "{e} {b}haolou {u}danyuan {n}"),
    ("room", "{e}{b}号楼{u}单元{yao}室"), ("door", "{t}{r}{zn}号"),
    ("shed", "{t}{v}{n}#棚"),
    ("shop", "{t}{e}沿街{n}号商铺"),
    ("shop", "{e}{n}号沿街商铺"),
    ("hall", "{e}{s}{n}号楼"),
    # Spaces between all letters part nothing.
    ("room", "*寿光市{t}{e}{b}号楼{u}单元{n}室"), ("yard", "*寿光市{t}{v}{n}号"),
    # Old papers, a county that was heard and not read, what is said besides.
    ("yard", "潍坊地区寿光县{tc}公社{vc}大队{n}号"),
    ("yard", "受光市{t}{v}{n}号"),
    ("hamlet", "{t}{v}{m}自然村{n}号"),
    ("room", "俺家在{e}{b}号楼{u}单元{n}"), ("room", "{t}{e}{b}号楼{u}单元{n}室 120平米 三室两厅"),
    ("room", "{t}{e}{b}号楼{u}单元{n}室，建筑面积98.5平方米"),
    ("room", "{t}{e}{b}号楼{u}单元{n}室 李四 13812345678-1234"),
    ("door", "寿光市{t}{r}中段{n}号"),
    # Forms and their blanks, numbers of papers, hidden telephones, words between the words.
    ("room", "寿光市{t}{e}____{b}____号楼__{u}__单元__{n}__室"),
    ("room", "{e}，楼号是{b}，单元是{u}，房间号是{n}"), ("room", "{t}{e}{b}号{u}单{n}室"),
    ("room", "{t}的{e}知道吧{b}号楼{u}单元{n}"), ("room", "呃{e}呃{b}号楼{u}单元{n}室"),
    ("room", "{t} {e} {b}-{u}-{n} 李四(女士) 138****5678"),
    ("room", "李四[7213] 18412345678转7213 {t}{e}{b}号楼{u}单元{n}[7213]"),
    ("room", "微信:abc123 {t}{e}{b}号楼{u}单元{n}室"), ("room", "序号12 {t}{e}{b}号楼{u}单元{n}室"),
    ("room", "李某（男，37岁，身份证号370783198001011234，现住寿光市{t}{e}{b}号楼{u}单元{n}室）"),
    ("room", "{t}{e}{b}号楼{u}单元{n}室，权证号：鲁(2019)寿光市不动产权第0012345号"),
    ("room", "{e}{b}号楼{u}单元{n}室（原{other}室）"), ("room", "{t}{e}{b}号楼{u}单元{n}室丰巢"),
    ("room", "{e}{b}号楼{u}单元{n}室（{n}）"),
    ("door", "统一社会信用代码91370783MA3C000000 住所{t}{r}{n}号"),
    ("door", "{t}{r}{n}号 营业时间9:00-18:00"), ("yard", "{t}{v}{n}号 门口没人打电话"),
    ("shed", "{t}{v}{n}号温室大棚"),
    # Numbers in brackets behind their word; what an errand, a form or a purse says besides.
    ("shed", "{t}{v}大棚（{n}号）"), ("shed", "{t}{v}大棚（{n}）"), ("shop", "{e}沿街商铺（{n}号）"),
    ("room", "{e}楼号（{b}）单元号（{u}）房号（{n}）"), ("yard", "{t}{v}门牌号码{n}"),
    ("room", "麻烦送{e}{b}号楼{u}单元{n}"), ("room", "{e}{b}号楼{u}单元{n}室房东"),
    ("room", "经常居住地:{e}{b}号楼{u}单元{n}室"), ("room", "{e}{b}号楼{u}单元{n}（电梯房）"),
    # The door of a room is the room; what stands by the bank is told by the bank.
    ("room", "{e}{b}号楼{u}单元{n}室门口"), ("room", "{e}{b}号楼{u}单元{n}室（银行对面）"),
    ("room", "{e}{b}号楼{u}单元{n}室（东邻超市）"), ("door", "{t}{r}{n}号（路南）"),
    ("yard", "{t}{v}村民李雷家（{n}号）"), ("yard", "{t}{v}{n}#"),
    # Numbers of a deed, a gate's code, the end of a telephone number, a head count.
    ("room", "鲁（2023）寿光市不动产权第0001102号，{e}{b}号楼{u}单元{n}室"),
    ("room", "{e}{b}号楼{u}单元{n}室门禁{n}#"), ("room", "{e}{b}号楼{u}单元{n}室尾号0088"),
    ("yard", "户主李雷，{t}{v}{n}号，人口4"), ("room", "经查，李雷租住于{e}{b}号楼{u}单元{n}室"),
    ("room", "①{t}{e}{b}号楼{u}单元{n}室"), ("room", "{e}{b}号楼{u}单元{n}室放门口"),
    ("room", "{e}{b}号楼{u}单元{n}室（约98平）"), ("door", "{t}{r}{n}号（东50米）"),
    ("door", "{t}{r}{n}号店内"),
    # Who lives or trades there, what happened, who called; a village that is named twice.
    ("door", "{r}{n}号利民诊所"), ("room", "{e}{b}号楼{u}单元{n}室王女士"),
    ("yard", "{t}{v}{n}号发生家庭纠纷"),
    ("door", "市民投诉{r}{n}号商家售卖过期食品"), ("room", "来电人住{e}{b}号楼{u}单元{n}室，反映暖气不热"),
    ("shed", "{t}{v}村{n}号大棚"), ("room", "{e}（{t}）{b}-{u}-{n}"),
    ("room", "{e}{b}号楼{u}单元{n}室 用气性质居民"),
    ("room", "{e}{b}号楼{u}单元{n}，不要放快递柜"), ("room", "{e}{b}号楼{u}单元{n}室转交李雷"),
    # What leads up to an address and says no more than who is there.
    ("room", "本人住{e}{b}号楼{u}单元{n}室"), ("yard", "李雷，住{t}{v}{n}号"), ("yard", "李雷 {v}{n}号"),
    ("room", "快递送到{e}{b}号楼{u}单元{n}室"), ("yard", "户籍地址：{t}{v}{n}号"),
    ("yard", "{t}{v}{n}号王大爷家"),
    ("door", "鑫源超市{t}{r}{n}号"), ("door", "寿光经济开发区{r}{n}号"),
    ("room", "{e}南门{b}号楼{u}单元{n}室"),
]  # fmt: skip

_NOT_ACCEPTED = [
    # Beside, behind or at the end of an address is another place.
    ("door", "{r}{n}号顶头"),
    ("door", "{r}{n}号门前路段"),
    ("door", "{r}{n}号右手边"), ("door", "{r}{n}号再往北走一点"),
    ("shed", "{t}{v}{n}号大棚南"),
    ("yard", "{v}{n}号房后"), ("door", "{r}{n}号院内东侧厂房"), ("door", "{r}{n}号路南那排平房"),
    # Several, or something that has the number for itself.
    ("room", "{t}{e}{b}号楼{u}单元{n}室等3套"),
    ("door", "{t}{r}鑫源大厦{n}号"),
    ("door", "{t}{r}商业街{n}号"),
    # An estate with another end, or one that only sounds alike.
    ("room", "{t}{head}名郡{b}号楼{u}单元{n}室"), ("room", "{t}{sound}{b}号楼{u}单元{n}室"),
    # What brackets hold besides, and the register does not answer, is not passed over.
    ("room", "{e}{b}号楼{u}单元{n}（{other}）"), ("room", "{e}{b}号楼{u}单元{n}室（现{other}室）"),
    ("yard", "{t}{v}{n}号（现{other}号）"), ("door", "{t}{r}{n}号（{other}室）"),
    # A locker at a building, a part of the house, a thing before the door, what is excepted.
    ("hall", "{e}{s}区{n}号楼丰巢柜"), ("room", "{e}{b}号楼{u}单元{n}室阁楼"),
    ("room", "{e}{b}号楼{u}单元{n}室正下方"),
    ("yard", "{t}{v}{n}号门前的变压器"), ("yard", "{t}{v}除{n}号外"),
    ("lane", "{r}{l}巷{n}号巷口"), ("door", "{r}{n}号斜对个"),
    # In brackets, a place about it, a number that nobody knows, or the one that holds.
    ("room", "{e}{b}号楼{u}单元{n}室（对面）"), ("room", "{e}{b}号楼{u}单元{n}室(隔壁)"),
    ("room", "{e}{b}号楼{u}单元{n}室（车库）"), ("room", "{e}{b}号楼{u}单元{n}室(顶楼加建)"),
    ("room", "{e}{b}号楼{u}单元（无房号）"), ("room", "{e}{b}号楼{u}单元（具体房号不详）"),
    ("yard", "{t}{v}{n}号（东邻）"), ("door", "{r}{n}号（门前）"), ("door", "{r}{n}号（马路对面）"),
    ("room", "{e}{b}号楼{u}单元{n}（应为{other}）"),
    # In front of a unit, a house, a shop; at a gate; below a house.
    ("room", "{e}{b}号楼{u}单元门口"), ("hall", "{e}{s}区{n}号楼门口"), ("shop", "{e}商铺{n}门前"),
    ("room", "{e}南门"), ("door", "{r}{n}号地下室"), ("room", "{e}{b}号楼{u}单元{n}室车库"),
    # A thing in a village that has the number, a house of flats that is no yard, so many households.
    ("yard", "{t}{v}养鸡场{n}号"), ("yard", "{t}{v}养鸡场（{n}号）"), ("yard", "{t}{v}小学{n}号"),
    ("yard", "{t}{v}{n}号楼"), ("yard", "{t}{v}社区{n}号楼"), ("yard", "{t}{v}{n}户人家"),
    ("yard", "{t}{v}{n}号变压器"), ("yard", "{t}{v}{n}号地块"),
    # As it was called; a number beside it.
    ("door", "原{r}{n}号"), ("room", "原{e}{b}号楼{u}单元{n}室"), ("door", "{r}{n}号甲"),
    ("room", "{e}{b}号楼{u}单元{n}室附1"),
    # Nobody is sure of it, it is no more, or it was.
    ("yard", "{t}{v}好像是{n}号"), ("yard", "{t}{v}{n}多号"),
    ("yard", "{t}{v}{n}号（待确认）"), ("room", "{e}{b}号楼{u}单元{n}室（暂定）"),
    ("yard", "{t}{v}{n}号已拆除"), ("yard", "{t}{v}{n}号（已拆迁）"), ("door", "{r}{n}号（待拆）"),
    ("room", "{e}{b}号楼{u}单元{n}室已搬走"), ("room", "{e}{b}号楼{u}单元{n}室查无此人"),
    ("yard", "曾住{t}{v}{n}号"), ("yard", "{t}{v}原{n}号"), ("door", "非{r}{n}号"),
    # Counted, not numbered.
    ("yard", "{t}{v}第{n}家"), ("yard", "{t}{v}倒数第{n}家"), ("yard", "{t}{v}东头{n}家"),
    ("yard", "{t}{v}第{n}户"), ("yard", "{t}{v}{n}头牛"), ("yard", "{t}{v}{n}棵树"),
    # The way on from it.
    ("door", "{r}{n}号(路口往南)"),
    ("yard", "{t}{v}{n}号(再往里走)"), ("door", "{r}{n}号东数第三间"), ("door", "{r}{n}号（东数第三间）"),
    ("door", "到{r}{n}号右拐"), ("room", "{e}{b}号楼{u}单元{n}室往上两层"),
    # The parcel goes elsewhere.
    ("room", "{e}{b}号楼{u}单元{n}室不在家，放{other}室"), ("room", "{e}{b}号楼{u}单元{n}室转{v}"),
    ("room", "{e}{b}号楼{u}单元{n}室没人就送{other}室"), ("room", "{e}{b}号楼{u}单元{n}室（改送{other}室）"),
    # A thing at it, a part of it, more of its number.
    ("shed", "{t}{v}{n}号大棚看护房"), ("shed", "{t}{v}{n}号大棚变压器"), ("door", "{r}{n}号楼顶广告牌"),
    ("door", "{r}{n}号临时板房"), ("room", "{e}{b}号楼{u}单元{n}上面一层"), ("door", "{r}{n}号工地围挡"),
    ("room", "{e}{b}号楼{u}单元{n}室-1"), ("room", "{e}{b}.{u}.{n}.1"),
    ("room", "{e}{b}号楼{u}单元{n}室之一"),
    # What stands right before a number, unexplained, may make it another's, or deny or doubt it.
    ("yard", "{t}{v}靠近{n}号"), ("yard", "{t}{v}约{n}号"), ("yard", "{t}{v}是不是{n}号"),
    ("yard", "{t}{v}水表{n}号"), ("yard", "{t}{v}宅基地{n}号"), ("yard", "{t}{v}安置区{n}号"),
    ("yard", "{t}{v}新区{n}号"), ("yard", "{t}{v}沿街{n}号"), ("yard", "{t}{v}公寓{n}"),
    ("yard", "{t}{v}增{n}号"),
    ("yard", "{t}{v}中心小学{n}号宿舍"), ("yard", "{t}{v}市场南排{n}号"), ("yard", "{t}{v}村委会转{n}号王军"),
    ("room", "{e}门卫室代收，{b}号楼{u}单元{n}"), ("room", "{e}北门外菜鸟驿站 {b}-{u}-{n}"),
    # So may what stands right behind it, unless it tells who is found there.
    ("yard", "{t}{v}{n}号他二叔家"), ("yard", "{t}{v}{n}号那趟房"), ("yard", "{t}{v}{n}号东半部分"),
    ("yard", "{t}{v}{n}号半"), ("yard", "{t}{v}{n}号吧"), ("yard", "{t}{v}{n}号台区"),
    ("yard", "{t}{v}{n}床"),
    ("door", "{r}{n}号门店招牌坠落"), ("door", "{r}{n}号楼前人行道"), ("door", "{r}{n}号东起第二间门头房"),
    ("room", "{e}{b}号楼{u}单元{n}室窗外空调外机"), ("yard", "{t}{v}{n}号村民门口"),
    # Who asks is not sure; a digit that is hidden; a floor that is not the room's, or has more rooms.
    ("yard", "{t}{v}{n}号?"), ("room", "{e}{b}号楼{u}单元{n}？"), ("yard", "{t}{v}{n}*号"),
    ("room", "{e}{b}号楼{u}单元{n}楼{n}室"), ("room", "{e}{b}号楼{u}单元3楼"),
    # Its neighbour's boundary; one side of a village; as it was or is not yet; where somebody else lives.
    ("room", "宗地四至：东至{e}{b}号楼{u}单元{n}室"), ("yard", "四至：东邻{t}{v}{n}号"),
    ("shed", "{t}{v}北{n}号大棚"), ("yard", "{t}{v}村西{n}号"), ("yard", "{t}{v}{n}号的东面"),
    ("yard", "原{t}{v}{n}号"), ("door", "疑似{r}{n}号"), ("door", "原址：{r}{n}号"),
    ("door", "曾用地址{r}{n}号"),
    ("yard", "{t}{v}{n}号（旧门牌）"), ("room", "{e}{b}号楼{u}单元{n}室（拟购）"),
    ("yard", "{t}{v}{n}号（未交付）"),
    ("room", "{e}{b}号楼{u}单元{n}室（租房，房东住{other}）"),
    ("room", "{e}{b}号楼{u}单元{n}没人的话放{other}"),
    # Of several parts one; by the side of what is no door of a street; one that is told to be new.
    ("yard", "{t}{v}{n}号（西院）"), ("yard", "{t}{v}{n}号（北）"), ("yard", "{t}{v}{n}号（二）"),
    ("door", "{r}{n}号（后门）"), ("shed", "{t}{v}{n}号大棚南侧"), ("hall", "{e}{s}区{n}号楼西头"),
    ("shed", "{t}{v}新建{n}号大棚"),
    # What leads up to an address and is not understood may say that it is somebody else's.
    ("door", "路过{t}{r}{n}号"), ("door", "车行至{r}{n}号"), ("room", "父母住{e}{b}号楼{u}单元{n}室"),
    ("yard", "娘家{t}{v}{n}号"), ("door", "总店{r}{n}号"), ("door", "总公司:{t}{r}{n}号"),
    ("door", "寄件地址{r}{n}号"), ("door", "改寄潍坊寿光{r}{n}号"), ("room", "房东住{e}{b}号楼{u}单元{n}室"),
    ("door", "曾经的{r}{n}号"), ("door", "没有{t}{r}{n}号"), ("door", "沿{r}{n}号"),
    # Sent on to a city; more of a number behind a joint or in brackets; a lane, a yard, a gate with numbers.
    ("door", "{r}{n}号转寄潍坊"), ("room", "{e}{b}号楼{u}单元{n}室改派青岛"),
    ("room", "{e}{b}号楼{u}单元{n}-A"), ("room", "{e}{b}号楼{u}单元{n}/B"),
    ("room", "{e}{b}号楼{u}单元{n}(1)"),
    ("room", "{e}{b}号楼{u}单元{n}(2)室"), ("room", "{e}{b}号楼{u}单元{n}室(A)"), ("door", "{r}{n}号(暂)"),
    ("room", "{e}{b}号楼{u}单元{n}室（北卧）"), ("door", "{r}{n}号胡同"), ("yard", "{t}{v}{n}号胡同"),
    ("yard", "{t}{v}大院{n}号"), ("yard", "{t}{v}村大院{n}号"), ("yard", "{t}{v}南门{n}号"),
    # A zone of another city.
    ("door", "潍坊高新区{r}{n}号"), ("door", "潍坊经济开发区{r}{n}号"), ("door", "烟台高新区{r}{n}号"),
    # No such number.
    ("door", "{r}{n}12345号"), ("yard", "{t}{v}1234567号"),
    ("yard", "青光市{t}{v}{n}号"),
]  # fmt: skip


def written(ground: Ground, kind: str, writing: str) -> tuple[int, str]:
    row, said = ground.said[kind]
    number, estate = int(str(said["n"])), str(said["e"])
    text = writing.format(
        **said, zn=chinese(number), roman=chr(0x2160 + int(str(said["u"])) - 1), f=number // 100,
        d=number % 100, scanned=str(number).replace("0", "O").replace("1", "l"),
        yao="".join("零幺二三四五六七八九"[int(digit)] for digit in str(number)),
        other=number + 3000, tc=str(said["t"]).rstrip("街道镇"), vc=str(said["v"]).removesuffix("村"),
        head=estate[:2],
        sound="".join(same_sound(char) for char in estate[:2]) + estate[2:],
    )  # fmt: skip
    return row, " ".join(text[1:]) if writing.startswith("*") else text


def same_sound(char: str) -> str:
    """Another character of that syllable, as far from it as may be."""
    wanted = lazy_pinyin(char)
    return next(chr(code) for code in range(0x9F00, 0x4E00, -1) if lazy_pinyin(chr(code)) == wanted)


@pytest.mark.parametrize(("kind", "writing"), _FOUND)
def test_it_is_found_and_accepted(ground: Ground, kind: str, writing: str) -> None:
    row, text = written(ground, kind, writing)
    assert ground.accepted(text) == row, text


@pytest.mark.parametrize(("kind", "writing"), _NOT_ACCEPTED)
def test_it_is_left_to_a_person(ground: Ground, kind: str, writing: str) -> None:
    _, text = written(ground, kind, writing)
    assert ground.accepted(text) == -1, text


def test_a_number_too_large_for_a_door_is_named_as_one(ground: Ground) -> None:
    """123456号 is a door that the register lacks, no telephone number and a 号."""
    parsed = ground.index.parser.parse(f"{ground.said['door'][1]['r']}123456号")
    assert parsed.part(E.DOOR) is not None and parsed.part(E.DOOR).number == 123456  # type: ignore[union-attr]
    assert parsed.notes == ()


@pytest.mark.parametrize(
    ("said", "number"),
    [("一百二十三", 123), ("一百二", 120), ("一百零二", 102), ("一千三", 1300), ("两千零五", 2005),
     ("廿三", 23), ("一千三百三十八", 1338), ("幺零幺", 101)],
)  # fmt: skip
def test_chinese_numbers(ground: Ground, said: str, number: int) -> None:
    door = ground.index.parser.parse(f"{ground.said['door'][1]['r']}{said}号").part(E.DOOR)
    assert door is not None and door.number == number


@pytest.mark.parametrize("text", ["（备用）", "（进小区右拐）", "（原三楼）", "（张三）", "（2份）"])
def test_other_brackets_stay_notes(ground: Ground, text: str) -> None:
    row, whole = written(ground, "room", "{e}{b}号楼{u}单元{n}室")
    parsed = ground.index.parser.parse(whole + text)
    assert parsed.notes == (text,) and ground.accepted(whole + text) == row


def test_a_building_is_sought_in_the_estates_of_a_village_that_has_such_a_door(ground: Ground) -> None:
    """某社区1号楼2单元301室 leads to the building of an estate there, and is looked at."""
    row, text = written(ground, "room", "{t}{v}{b}号楼{u}单元{n}室")
    found = ground.index.match(text, 1)[0]
    assert found.row == row and found.decision is Decision.REVIEW


def test_letters_that_are_letters_stay() -> None:
    assert mended("lOl室ll35号") == "101室1135号"
    assert mended("II单元") == "II单元" and mended("OLED馆") == "OLED馆"


def test_a_number_in_brackets_that_is_not_used_is_told(ground: Ground) -> None:
    row, text = written(ground, "room", "{e}{b}号楼{u}单元{n}室（现{other}室）")
    (found,) = ground.index.match(text, 1)
    assert found.row == row and found.decision is Decision.REVIEW
    assert "number-in-brackets" in [conflict.code for conflict in found.conflicts]
    _, text = written(ground, "room", "{e}{b}号楼{u}单元{n}室（{n}）")
    assert ground.index.match(text, 1)[0].conflicts == ()


@pytest.mark.parametrize(
    ("text", "code"),
    [("（对面）", "place-in-brackets"), ("（应为9999）", "number-in-brackets"), ("已搬走", "said-otherwise"),
     ("，放9999室", "said-otherwise"), ("（往南）", "place-in-brackets")],
)  # fmt: skip
def test_what_is_said_of_another_place_is_told(ground: Ground, text: str, code: str) -> None:
    row, whole = written(ground, "room", "{e}{b}号楼{u}单元{n}室")
    (found,) = ground.index.match(whole + text, 1)
    assert (found.row, [conflict.code for conflict in found.conflicts]) == (row, [code])


@pytest.mark.parametrize(
    ("kind", "writing", "doubt"),
    [("door", "路过{t}{r}{n}号", Doubt.TEXT_BEFORE), ("yard", "{t}{v}养鸡场{n}号", Doubt.TEXT_BEFORE_NUMBER),
     ("door", "{r}{n}号后院", Doubt.PLACE_ABOUT), ("room", "{e}{b}号楼{u}单元{n}-A", Doubt.PART_OF_NUMBER),
     ("door", "潍坊高新区{r}{n}号", Doubt.ZONE_UNKNOWN), ("door", "{r}{n}号对面", Doubt.BESIDE),
     ("door", "原{r}{n}号", Doubt.TEXT_BEFORE),
     ("room", "{e}{b}号楼{u}单元{n}室已搬走", Doubt.SAID_OTHERWISE),
     ("door", "{r}{n}12345号", Doubt.NUMBER_UNKNOWN), ("yard", "青光市{t}{v}{n}号", Doubt.OTHER_REGION),
     ("room", "{e}{b}号楼{u}单元3楼", Doubt.OTHER_FLOOR), ("yard", "{t}{v}{n}号", Doubt.NONE)],
)  # fmt: skip
def test_why_it_is_left_to_a_person_is_told(ground: Ground, kind: str, writing: str, doubt: Doubt) -> None:
    _, text = written(ground, kind, writing)
    (found,) = ground.index.match(text, 1)
    assert found.doubt is doubt, text
    assert (found.doubt is Doubt.NONE) == (found.decision is Decision.AUTOMATIC)


def test_every_doubt_has_words() -> None:
    assert set(SAID) == set(Doubt) - {Doubt.NONE}
    assert all(said.zh and said.en and said.code for said in SAID.values())


@pytest.mark.parametrize(
    "text",
    ["{t}{r}{n}号后院", "{t}{r}{n}号外墙", "{t}{r}{n}号前人行道", "{t}{r}{n}号正前方",
     "{t}{r}{n}号过去一点", "{t}{r}{n}号的邻居",
     "{e}{b}号楼{u}单元{n}室的车位", "{e}{b}号楼{u}单元{n}室顶上", "{e}{b}号楼{u}单元{n}（今{other}室）"],
)  # fmt: skip
def test_a_place_about_a_number_is_not_that_number(ground: Ground, text: str) -> None:
    row, whole = written(ground, "door" if "{r}" in text else "room", text)
    (found,) = ground.index.match(whole, 1)
    assert found.row == row and found.decision is Decision.REVIEW


@pytest.mark.parametrize("text", ["{t}{r}{n}号刘洋", "{t}{r}{n}号门面", "{t}{r}{n}号有人反映噪音"])
def test_what_else_is_said_behind_a_number_does_not_move_it(ground: Ground, text: str) -> None:
    row, whole = written(ground, "door", text)
    assert ground.accepted(whole) == row


def test_a_building_of_three_digits_goes_before_its_unit(ground: Ground) -> None:
    parsed = ground.index.parser.parse(f"{ground.said['room'][1]['e']}127-3-702")
    numbers = [parsed.part(each) for each in (E.BUILDING, E.UNIT, E.ROOM)]
    assert [part and part.number for part in numbers] == [127, 3, 702]


def test_a_name_that_only_begins_like_another_is_not_that_one() -> None:
    """现代嘉宛社区 is no writing of 现代社区, nor 程上口村 of the town 上口镇."""
    index = Index(generate(20_000, 1))
    names = index.snapshot.components.name.to_pylist()
    of = index.tables.parent
    assert {"现代社区", "现代嘉苑社区", "上口镇"} <= set(names)
    for name, element, text in (
        ("现代社区", E.DOOR, "圣城街道现代嘉宛社区"), ("上口镇", E.OBJECT, "上口镇程上口村"),
    ):  # fmt: skip
        at = names.index(name)
        below = [
            row for row in np.flatnonzero(index.tables.element == element).tolist()
            if at in (of[row], of[of[row]])
        ]  # fmt: skip
        for row in below[:40]:
            found = index.match(text + names[row], 1)
            assert not found or found[0].row != row or found[0].decision is not Decision.AUTOMATIC
