"""The words of the grammar 语法词: what is not a name and yet means something in an address.

Costs are the negative logarithm, roughly, of how often the word is used that way where it
stands; the decoder adds them up along a reading.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from address.model import Element


class Kind(IntEnum):
    """What a word of the lexicon is, and what an edge of the lattice stands for."""

    NAME = 0  # a name of the register
    TYPE = 1  # 通名: ends a name, known or not
    UNIT = 2  # follows a number: 号楼, 单元
    FIXED = 3  # a component that is no number: 西户, 东区
    CROSSING = 4  # 交叉口
    AND = 5  # 与
    BESIDE = 6  # 以西: takes the name before it away from the address
    SIDE = 7  # 东首, 路北, 东北角
    RELATIVE = 8  # 对面, 交界处
    GATE = 9  # 南门
    COMPASS = 10  # 东, 向南: before a distance
    LENGTH = 11  # 米, 公里: after a number
    OFFICE = 12  # 村委会 after a village
    LABEL = 13  # 地址, 电话: not an address
    PERSON = 14  # 联系人: a person follows
    BELOW = 15  # 地下, 负: before a floor
    # Edges alone:
    NUMBER = 16  # a number with its unit, or bare
    UNKNOWN = 17  # a span that ends in a type word and that the register does not know
    JUNK = 18  # one character that nothing explains
    GAP = 19  # a separator
    DISTANCE = 20  # 东50米
    NOTE = 21  # brackets, telephone numbers
    # Words again:
    LEAD = 22  # stands before its number: 大棚38号, Room 501
    MEASURE = 24  # after a number that is none of an address: 9点, 5月, 2件
    PAPER = 25  # 序号, 微信: a number or letters follow that are none of the address
    REMARK = 23  # begins what is said to the courier or the dispatcher: 放门口
    APART = 26  # not that number itself, or one that nobody knows: in brackets 车库, 无房号; anywhere 已拆除


class Word(NamedTuple):
    """One word in one meaning."""

    text: str
    kind: Kind
    element: int
    cost: float
    detail: int = 0
    """Direction (:data:`DIRECTIONS`) of qualifiers, metres of a length."""


DIRECTIONS = ("", "东", "南", "西", "北", "东北", "东南", "西北", "西南", "中")
"""Names of directions by code."""

E = Element
_TYPES: tuple[tuple[Element, float, str], ...] = (
    (E.PROVINCE, 0.1, "省 自治区"),
    (E.PREFECTURE, 0.2, "市"),
    (E.COUNTY, 0.2, "市 县 区"),
    (E.TOWN, 0.3, "镇 乡 街道 街道办事处 街道办 街办 生态经济园区"),
    (E.ZONE, 0.2, "开发区 工业区 工业园区 经济区 高新区 功能区 产业园区 物流园区 新区"),
    (E.VILLAGE, 0.0, "村 社区 村委会 村民委员会 社区居委会 社区居民委员会"),
    (E.VILLAGE, 0.2, "居委会 居民委员会"),
    (E.VILLAGE, 1.2, "庄 屯 疃 寨"),
    (E.HAMLET, 0.0, "自然村"),
    (E.ROAD, 0.0, "路 大街 大道 街"),
    (E.ROAD, 0.4, "国道 省道 县道 高速 环路 辅路"),
    (E.LANE, 0.0, "巷 胡同 弄"),
    (E.ESTATE, 0.0, "小区 花园 家园 公寓 新村 家属院 宿舍 产业园 工业园 华府 名都 新城 花苑 雅苑 嘉苑 景苑"),
    (E.ESTATE, 0.3, "豪庭 名苑 佳苑 丽景 丽苑 水岸 国际城 别墅 生活区 物流园 科技园 创业园 嘉园 名城 馨苑"),
    (E.ESTATE, 0.8, "苑 园 府 城 居 庭 湾 院 里 大院 公馆 御园"),
    (
        E.OBJECT,
        0.0,
        "盐场 渔港 酒店 大酒店 宾馆 超市 医院 学校 小学 中学 幼儿园 银行 公司 加油站 大棚区 大棚 商铺",
    ),
    (
        E.OBJECT,
        0.0,
        "示范园 市场 商场 饭店 中心 仓库 车间 公园 广场 大厦 码头 水库 派出所 卫生院 门市 基地 合作社",
    ),
    (
        E.OBJECT,
        0.0,
        "人民政府 政府 服务中心 政务中心 委员会 管理局 变电站 收费站 污水处理厂 泵站 车站 汽车站 商店",
    ),
    (
        E.OBJECT,
        0.0,
        "沿街商铺 沿街房 门市部 药店 诊所 卫生室 养殖场 大桥 闸 集团 厂 商务楼 写字楼 大楼 综合楼",
    ),
    (E.OBJECT, 0.5, "局 所 站 店 场 馆 厅 桥 庙 祠 塔 井 棚 库 行 部 社 点 宫 寺"),
)
_UNITS: tuple[tuple[Element, float, str], ...] = (
    (E.DOOR, 0.2, "号 HAO"),
    (E.BUILDING, 0.7, "号"),
    (E.ROOM, 0.6, "号"),
    (E.DOOR, 0.2, "号院"),
    (E.DOOR, 0.6, "号门 号门面"),
    (E.DOOR, 0.8, "院"),
    (E.BUILDING, 0.1, "号楼 栋 幢 座 # #楼 号栋 号座 栋楼 号幢 幢楼 HAOLOU 号公寓 号公寓楼 号住宅楼"),
    (E.BUILDING, 0.3, "号厅 号馆 号车间 号厂房 号库 号仓库 车间 厂房 号商业楼 号沿街楼"),
    (E.BUILDING, 0.4, "楼"),
    (E.FLOOR, 0.5, "楼"),
    (E.UNIT, 0.1, "单元 号单元 #单元 DANYUAN"),
    (E.UNIT, 0.4, "单"),
    (E.UNIT, 0.5, "门 号门 梯 #"),
    (E.FLOOR, 0.1, "层 层楼"),
    (E.FLOOR, 0.4, "F"),
    (E.ROOM, 0.1, "室 户 房 号室 号房 户室 房间 号户 #室 #房 #户 SHI"),
    (E.ROOM, 0.6, "#"),
    (E.ROOM, 0.3, "铺 号铺 号商铺 商铺 号店 号间"),
    (E.SECTION, 0.1, "期 组团 号区"),
    (E.SECTION, 0.2, "区 排"),
    (E.GROUP, 0.1, "组 村民组 村民小组 小组 生产队 号组"),
    (E.GROUP, 0.5, "队 社"),
    (E.LANE, 0.1, "巷 弄 胡同 号巷 号弄 号胡同"),
    (E.OBJECT, 0.2, "号大棚 号棚 大棚 号冷棚 号机井 号井 号池 号塘 #大棚 #棚 #冷棚 #机井 #井 #池 #塘"),
)
_LEADS: tuple[tuple[Element, float, str], ...] = (
    (E.DOOR, 0.1, "门牌 门牌号 门牌号码 NO"),
    (E.BUILDING, 0.4, "NO"),
    (E.BUILDING, 0.1, "楼号 楼栋号 BUILDING BLDG BLOCK"),
    (E.UNIT, 0.1, "单元号 UNIT U"),
    (E.FLOOR, 0.1, "楼层 FLOOR"),
    (E.ROOM, 0.1, "房号 房间号 室号 ROOM RM APT SUITE"),
    (E.BUILDING, 0.6, "楼: 栋: 幢: 楼栋: 楼是 栋是"),
    (E.UNIT, 0.6, "单元: 单元是"),
    (E.FLOOR, 0.6, "层: 层是"),
    (E.ROOM, 0.6, "室: 户: 房: 房间: 室是 户是 房间是"),
    (E.OBJECT, 0.1, "大棚 冷棚 机井"),
    (E.OBJECT, 0.6, "商铺 沿街商铺 沿街房 门头 门头房 门市 门市房 铺面 摊位 车库 车位 储藏室 储藏间 地下室"),
)
_QUALIFIERS: tuple[tuple[Kind, float, str], ...] = (
    (Kind.CROSSING, 0.1, "交叉口 交叉路口 交汇处 交会处 交叉处 路口 十字路口 丁字路口 交口 相交处 交汇 交叉"),
    (Kind.AND, 0.1, "与 和 及 跟 、 , /"),
    (
        Kind.RELATIVE,
        0.2,
        "斜对面 对面 对过 斜对过 斜对个 正对面 交界处 交界 旁边 附近 隔壁 后面 前面 周边 沿线 之间 对门 "
        "楼上 楼下 上面 下面 楼顶 屋顶 房顶 "
        "后排 前排 墙外 外面 门外 出门 前边 后边 左边 右边 左侧 右侧 前头 后头 背后 后身 前怀 对脸 对着 "
        "跟前 边上 紧邻 毗邻 紧挨 紧挨着 挨着 邻近 临近 相邻 中间 一带 周围 四周 不远 不远处 路段 顶头 尽头 "
        "上方 下方 正上方 正下方 另一户 阁楼 露台 天台 电梯 电梯口 楼道 楼梯 楼梯口 储藏室 储藏间 桥下 "
        "巷口 胡同口 街口 村口 院外 以外 之外 除外 旮旯 拐角 拐角处 拐弯处 转角 转角处 右手 左手 右手边 "
        "左手边 房后 屋后 房前 屋前 邻居 邻家 车库 车位 地下室 "
        "往上 往下 往里 往前 往后 再上 再下 左拐 右拐 左转 右转 拐进 还没到 快到 "
        "第一家 第二家 第三家 第四家",
    ),
    (Kind.RELATIVE, 0.6, "旁 处 等 外"),
    (Kind.SIDE, 0.5, "门口 门前"),
    (Kind.SIDE, 0.2, "中段 中部"),
    # Inside is no other place than that itself.
    (
        Kind.GAP,
        0.2,
        "院内 院里 里面 小区内 小区里 内 境内 辖区 辖区内 驻地 市区 城区 那里 这里 那边 这边 那个 这个 那家",
    ),
    (Kind.GAP, 0.4, "的 嗯 呃 啊 呢 嘛 哦 噢 哎"),
    (Kind.GAP, 0.2, "知道吧 知道吗 晓得吧 对吧 是吧 然后 然后是 就那个 就是那个"),
    (Kind.GAP, 0.6, "大院"),
    (Kind.GAP, 0.2, "电梯房 步梯房 楼梯房 房东 租户 租客 住户"),
    (Kind.GATE, 0.3, "大门 正门"),
    (Kind.OFFICE, 0.1, "村委会 村民委员会 居委会 居民委员会 社区居委会 社区居民委员会 村委 居委"),
    (
        Kind.PAPER,
        0.1,
        "微信 微信号 QQ QQ号 邮箱 电子邮箱 EMAIL E-MAIL 单号 快递单号 运单号 运单编号 订单号 订单编号 "
        "工单号 工单编号 "
        "门禁 门禁码 门禁密码 密码 尾号 手机尾号 人口 "
        "编号 序号 流水号 受理号 案件编号 警情编号 身份证 身份证号 身份证号码 公民身份号码 证件号 证件号码 "
        "统一社会信用代码 社会信用代码 信用代码 营业执照号 合同号 合同编号 会员号 卡号 账号 取件码 提货码 "
        "表底数 读数 电费户号 水费户号 燃气户号 水表号 电表号 表号",
    ),
    (
        Kind.LABEL,
        0.2,
        "地址 住址 详细地址 现住 现住址 家庭住址 单位地址 注册地址 收货地址 经营地址 坐落 位于 地址为",
    ),
    (
        Kind.LABEL,
        0.2,
        "我在 我住 我家在 我家住 本人 本人住 本人住在 本人在 人在 家住 住在 我是 我这是 我这里是 这里是 "
        "位置在 从 报警人 报警人在 "
        "地址是 就是 也就是 送到 送至 寄到 寄至 快递 快递到 快递至 快递送到 麻烦送 麻烦送到 请送 请送到 "
        "派件到 "
        "俺家在 俺家 俺住 俺在 俺 咱家 咱 称其家住 称其住 其家住",
    ),
    (Kind.LABEL, 0.2, "收件地址 送货地址 所在地区 所在地 你好 您好 喂 110吗 119吗 120吗 手机号码 联系方式"),
    (
        Kind.LABEL,
        0.2,
        "现居 现居住 经常居住地 常住地址 暂住地址 暂住地 "
        "户籍地 户籍地址 户籍所在地 电话 手机 联系电话 手机号 邮编 邮政编码 TEL 电话号码 中国 座落 "
        "坐落于 住所 租住 租住于 租住在 居住于 居住在 暂住于 暂住在 "
        "省份 城市 区县 乡镇 村居 详址",
    ),
    (
        Kind.LABEL,
        0.2,
        "注册地 120急救 110报警 119报警 实际居住地 实际居住地址 居住地 居住地址 来电人 来电人住 来电人称 "
        "报警人称 报警人称在 市民 市民反映 市民投诉 居民反映 群众反映 反映 投诉 举报",
    ),
    (Kind.PERSON, 0.2, "联系人 收货人 收件人 姓名 户主 申请人 负责人"),
    (Kind.BELOW, 0.1, "地下 负"),
    (
        Kind.REMARK,
        0.3,
        "请 勿 别 不要 麻烦 到了 到后 打电话 敲门 家里 有人 着火 快来 快点 尽快 谢谢 "
        "及时 门口停 门口有 "
        "上午 下午 晚上 没人 无人 没有人 如无人 若无人 门口没人 营业时间 工作时间 反映 投诉 报警 报警称 "
        "举报 居民反映 业主反映 权证号 产权证号 不动产权证号 房产证号 权利人 共有人 产权人 抵押人 备注 "
        "数量 件数 重量 金额 人数 建筑面积 面积 使用面积 套内面积",
    ),
)
_WHERE = (
    "地址 住址 详细地址 现住 现住址 家庭住址 现居 现居住 住所 家住 住在 "
    "坐落 坐落于 座落 位于 户籍地 户籍所在地"
)
"""Labels behind which an address stands, in brackets too."""
_LOCKERS = "快递柜 丰巢 驿站 菜鸟驿站"
"""Where a parcel for a room may be left; beside a building they are what is meant."""
_APART = (
    "车库 车位 地下室 储藏室 储藏间 储物间 阁楼 露台 天台 平台 顶棚 加建 搭建 扩建 后院 前院 院墙 "
    "无房号 无室号 无门牌 无门牌号 无户号 无单元号 无楼号 无号 没有房号 没有门牌 没有门牌号 没门牌 没门牌号 "
    "临时 不明 不清 不清楚 不知道 未知 待查 待核实 待定 待补 待补充"
)
"""What brackets behind a number say, that it is not that place, or that its number is not known."""
ALONE, ANYWHERE = 1, 2
"""Of such a word: where the brackets hold nothing else; without brackets, too."""
_APART_ALONE = "门前 门口 楼前 楼后 马路对面 路对面 街对面 道对面"
"""The same where the brackets hold nothing else."""
_DOUBTED = (
    "好像 好像是 可能 可能是 也许 也许是 大概 大概是 估计 估计是 似乎 似乎是 不确定 记不清 记不清了 记不准 "
    "说不准 说不清 拿不准 想不起 "
    "多号 来号 几号 多少号 "
    "已拆 已拆除 已拆迁 已经拆了 已搬 已搬走 已搬离 已搬迁 已搬家 搬走了 已迁走 已迁出 "
    "旧门牌 老门牌 原门牌 旧址 原址 旧地址 原地址 不详 空挂 空挂户 "
    "空号 重号 老号 为准 曾用地址 转寄 改址 改地址 退回 已销户 电话亭 "
    "已作废 已不存在 不存在 待拆 待拆迁 在建 未建 拟建 暂定 暂编 存疑 待确认 "
    "有误 错误 查无此人 查无此址 查无 "
    "曾住 曾住在 曾居住 原住 原住在 原住址 "
    "看护房 板房 活动房 临时房 简易房 彩钢房 值班房"
)
"""What says, wherever it stands, that nobody knows it for sure, that it is no more, or what stands there only
for a while."""
SENT, EVENT = 1, 2
"""Of a remark: something goes to another place; something happened at this one."""
_EVENTS = (
    "发生 被盗 被骗 被打 被困 漏水 停电 停水 断电 断网 起火 冒烟 失火 失联 晕倒 摔倒 打架 吵架 "
    "业主 住户 居民 村民 商家 老人 患者 来电 咨询 要求 售卖 拖欠"
)
"""What happened there, or who called: of the place itself, unless a place beside it follows: 住户门口."""
_ELSEWHERE = "放 转 转交 转至 交给 代收 代取 改送 改寄 改派"
"""Behind these a parcel's other place may follow: 放1001室."""
_LENGTHS = (
    ("米", 1), ("公尺", 1), ("M", 1), ("米处", 1), ("公里", 1000), ("千米", 1000), ("KM", 1000),
    ("公里处", 1000),
)  # fmt: skip
_MEASURES = (
    "家 头 只 次 天 棵 根 吨 辆 "
    "点 点钟 时 分钟 年 月 日 月份 元 件 箱 斤 公斤 岁 份 台 人 平米 平方米 平方 M2 亩 "
    "户人家 户村民 户居民 户人 口人"
)
_LAYOUTS = tuple(f"{rooms}室{halls}厅" for rooms in "一二两三四五12345" for halls in "一二两12")
"""三室两厅 says how large a flat is, not which."""


def lexicon() -> tuple[Word, ...]:
    """Every word of the grammar in every meaning."""
    words = [Word(text, Kind.TYPE, element, cost) for element, cost, line in _TYPES for text in line.split()]
    words += [Word(text, Kind.UNIT, element, cost) for element, cost, line in _UNITS for text in line.split()]
    words += [Word(text, Kind.LEAD, element, cost) for element, cost, line in _LEADS for text in line.split()]
    words += [
        Word(text, kind, 0, cost, int(kind is Kind.LABEL and text in _WHERE.split()))
        for kind, cost, line in _QUALIFIERS
        for text in line.split()
    ]
    words += [Word(text, Kind.REMARK, E.ROOM, 0.3) for text in _LOCKERS.split()]
    words += [
        Word(text, Kind.REMARK, E.ROOM if text == "代收" else 0, 0.3, SENT) for text in _ELSEWHERE.split()
    ]
    words += [Word(text, Kind.REMARK, 0, 0.3, EVENT) for text in _EVENTS.split()]
    words += [Word(text, Kind.APART, 0, 0.0) for text in _APART.split()]
    words += [Word(text, Kind.APART, 0, 0.0, ALONE) for text in _APART_ALONE.split()]
    words += [Word(text, Kind.APART, 0, 0.0, ANYWHERE) for text in _DOUBTED.split()]
    words += [Word(text, Kind.LENGTH, 0, 0.0, metres) for text, metres in _LENGTHS]
    words += [Word(text, Kind.MEASURE, 0, 0.1) for text in _MEASURES.split()]
    words += [Word(text, Kind.LABEL, 0, 0.0) for text in _LAYOUTS]
    for code, name in enumerate(DIRECTIONS[1:9], 1):
        words += _of_direction(code, name)
    words += [Word(f"{name}户", Kind.FIXED, E.ROOM, 0.1, DIRECTIONS.index(name[:1])) for name in _HOUSEHOLDS]
    words += [Word(f"{name}单元", Kind.FIXED, E.UNIT, 0.2, DIRECTIONS.index(name)) for name in "东西中"]
    words += [Word(f"{name}区", Kind.FIXED, E.SECTION, 0.3, DIRECTIONS.index(name)) for name in "东西南北中"]
    return tuple(words)


_HOUSEHOLDS = ("东", "西", "中", "南", "北", "中东", "中西", "东南", "东北", "西南", "西北", "东中", "西中")


def _of_direction(code: int, name: str) -> list[Word]:
    sides = ["首", "头", "端", "侧", "边", "面", "段", "角", "部"]
    words = [Word(f"以{name}", Kind.BESIDE, 0, 0.1, code)]
    words += [
        Word(f"{name}{beside}", Kind.RELATIVE, 0, 0.2, code)
        for beside in ("邻", "侧的", "边的", "面的", "数")
    ]
    words += [Word(f"的{name}{beside}", Kind.RELATIVE, 0, 0.2, code) for beside in "侧边面"]
    words += [Word(f"{name}至", Kind.RELATIVE, 0, 0.2, code)]
    words += [Word(f"{name}{side}", Kind.SIDE, 0, 0.2, code) for side in sides]
    words += [Word(f"{at}{name}", Kind.SIDE, 0, 0.3, code) for at in ("路", "街", "村", "院", "道")]
    words += [Word(f"{at}{name}侧", Kind.SIDE, 0, 0.2, code) for at in ("路", "街", "村", "道")]
    words += [Word(f"{name}门", Kind.GATE, 0, 0.3, code)]
    words += [
        Word(f"{at}{name}{go}", Kind.RELATIVE, 0, 0.5, code) for at in ("往", "向") for go in ("", "走", "行")
    ]
    before = ("", "向", "往", "以", "偏", "正", "路")
    words += [Word(f"{at}{name}", Kind.COMPASS, 0, 0.1, code) for at in before]
    words += [
        Word(f"{at}{name}{go}", Kind.COMPASS, 0, 0.1, code)
        for at in ("往", "向")
        for go in ("走", "行", "直走")
    ]
    words += [Word(f"{name}{at}", Kind.COMPASS, 0, 0.1, code) for at in ("侧", "面", "行", "边", "约")]
    return words
