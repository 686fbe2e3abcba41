"""Units beyond the register 外地政区: names that say that an address lies elsewhere.

A text that begins with 青州市 is no address of this city, though the rest may read like one.
Names that end in 市, 县 or 区 are read as units by their type word; here are those that are
also written without it, and the provinces. Names of GB/T 2260, the near ones in full.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from address.model import Element
from address.parse.variants import LEAST_ROMANISED

SHORT_COST: Final = 0.4

_PROVINCES: Final = {
    "市": "北京 天津 上海 重庆",
    "省": (
        "河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 "
        "云南 陕西 甘肃 青海"
    ),
    "": "内蒙古 广西 西藏 宁夏 新疆 内蒙古自治区 广西壮族自治区 西藏自治区 宁夏回族自治区 新疆维吾尔自治区",
}
_PREFECTURES: Final = (
    "济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 "
    "石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 太原 大同 阳泉 长治 晋城 朔州 晋中 "
    "运城 忻州 临汾 吕梁 "
    "呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新 辽阳 "
    "盘锦 铁岭 葫芦岛 "
    "长春 四平 辽源 通化 白山 松原 白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 "
    "牡丹江 黑河 绥化 "
    "南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 "
    "金华 衢州 舟山 台州 丽水 "
    "合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 "
    "福州 厦门 莆田 三明 泉州 漳州 南平 龙岩 宁德 南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 "
    "郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 "
    "武汉 黄石 十堰 宜昌 襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州 长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 "
    "张家界 益阳 郴州 永州 怀化 娄底 "
    "广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名 肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 "
    "揭阳 云浮 "
    "南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 儋州 "
    "成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 贵阳 "
    "六盘水 遵义 安顺 毕节 铜仁 "
    "昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 拉萨 日喀则 西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 "
    "兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南 西宁 银川 石嘴山 吴忠 固原 中卫 "
    "乌鲁木齐 克拉玛依 吐鲁番 哈密"
)
_COUNTIES: Final = {
    "市": (
        "青州 诸城 安丘 高密 昌邑 胶州 平度 莱西 即墨 滕州 龙口 莱阳 莱州 蓬莱 招远 栖霞 海阳 曲阜 邹城 兖州 "
        "新泰 肥城 荣成 乳山 乐陵 禹城 临清 邹平"
    ),
    "县": (
        "昌乐 临朐 广饶 利津 桓台 高青 沂源 平阴 商河 微山 鱼台 金乡 嘉祥 汶上 泗水 梁山 宁阳 东平 五莲 莒县 "
        "沂南 郯城 沂水 兰陵 费县 平邑 莒南 蒙阴 临沭 宁津 庆云 临邑 齐河 平原 夏津 武城 阳谷 莘县 "
        "东阿 冠县 高唐 "
        "惠民 阳信 无棣 博兴 曹县 单县 成武 巨野 郓城 鄄城 东明"
    ),
    "区": "奎文 潍城 坊子 寒亭 临淄 张店 淄川 博山 周村 黄岛 城阳 崂山 历下 历城 章丘 莱芜 钢城 垦利",
}


def outside(own: frozenset[str]) -> Iterator[tuple[str, Element, float]]:
    """Names of other units with what it costs to read them; those in ``own`` the register has."""
    for ending, line in _PROVINCES.items():
        yield from _written(line, ending, Element.PROVINCE, own)
    yield from _written(_PREFECTURES, "市", Element.PREFECTURE, own)
    for ending, line in _COUNTIES.items():
        yield from _written(line, ending, Element.COUNTY, own)


def _written(
    line: str, ending: str, element: Element, own: frozenset[str]
) -> Iterator[tuple[str, Element, float]]:
    from pypinyin import lazy_pinyin

    for name in line.split():
        full = name if not ending or name.endswith(ending) else name + ending
        for text, cost in ((full, 0.0), (name, SHORT_COST)):
            if text not in own and (cost == 0.0 or text != full):
                yield text, element, cost
        letters = "".join(lazy_pinyin(name)).upper()
        if len(letters) >= LEAST_ROMANISED and letters not in own:
            yield letters, element, SHORT_COST
