"""What a sheet says of itself, in both languages 图面用语; ``{name}`` stands for a value."""

from __future__ import annotations

from spatial.catalogue.contract import Title
from tiles.print.model import Language

WORDS = {
    "legend": Title("图 例", "Legend"),
    "other": Title("其他", "other"),
    "stamped": Title("{title}(合成数据)", "{title} (synthetic)"),
    "more": Title("……另有 {count} 项未列出", "… and {count} more"),
    "nothing": Title("图幅内没有要素", "Nothing lies on this sheet"),
    "sketch": Title("标绘", "Sketch"),
    "north": Title("北", "N"),
    "scale": Title("比例尺 1:{scale}", "Scale 1:{scale}"),
    "notes": Title("说 明", "Notes"),
    "plane": Title(
        "坐标系:2000国家大地坐标系(CGCS2000),高斯-克吕格投影,3°带第{zone}带,中央经线{meridian}°E;"
        "东坐标加500km,未冠带号。",
        "Coordinates: CGCS2000, Gauss–Krüger, 3° zone {zone}, central meridian {meridian}° E;"
        " false easting 500 km, without the zone's number.",
    ),
    "grid": Title("坐标网间距{step}m,注记以千米为单位。", "Grid every {step} m, figures in kilometres."),
    "heights": Title("高程基准:1985国家高程基准。", "Heights: 1985 national height datum."),
    "sources": Title("数据来源:{sources}。", "Sources: {sources}."),
    "source": Title("{steward}({titles})", "{steward} ({titles})"),
    "and": Title("、", ", "),
    "between": Title(";", "; "),
    "synthetic": Title(
        "含合成数据,不得用作审批、确权依据。", "Holds synthetic data; not for approval or registration."
    ),
    "stamp": Title("合成数据", "SYNTHETIC"),
    "title": Title("图 名", "Title"),
    "unit": Title("制图单位", "Drawn by"),
    "ratio": Title("比例尺", "Scale"),
    "paper": Title("图幅", "Sheet"),
    "across": Title("横", "across"),
    "upright": Title("竖", "upright"),
    "at": Title("现状时间", "Valid at"),
    "asof": Title("认知时间", "Known at"),
    "printed": Title("制图时间", "Printed"),
    "review": Title("审图号", "Review no."),
    "pending": Title("(待审核)", "(pending)"),
    "drew": Title("制图", "Drawn"),
    "checked": Title("校核", "Checked"),
    "approved": Title("审定", "Approved"),
    "platform": Title("{city}一张图", "One Map of {city}"),
}


def say(word: str, language: Language, **values: object) -> str:
    """A text of the sheet."""
    return named(WORDS[word], language).format(**values)


def named(title: Title, language: Language) -> str:
    """A title in the language of the sheet; the Chinese one where the English is missing."""
    return (title.en if language == "en" else title.zh) or title.zh
