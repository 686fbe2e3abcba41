"""Contracts the catalogue's tests share: written by hand, or drawn by hypothesis."""

from __future__ import annotations

import string

from hypothesis import strategies as st

from spatial.catalogue.contract import (
    Contract,
    Field,
    FieldType,
    HeightType,
    Legend,
    Quality,
    Secrecy,
    Sharing,
    Title,
)

WELLS = Contract(
    id="test-wells",
    title=Title("机井", "Wells"),
    description=Title("农用机井台账。", "Register of farm wells."),
    steward="水利局",
    source_standard="合成数据,无标准",
    geometry="Point",
    key="code",
    valid_time=Title("机井存在的时间", "When the well exists"),
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "Code"), required=True, pattern=r"W\d{4}"),
        Field("name", FieldType.TEXT, Title("名称", "Name"), max_length=8, aliases=("MC",)),
        Field(
            "kind",
            FieldType.TEXT,
            Title("类型", "Kind"),
            required=True,
            codes=(("1", Title("浅井", "Shallow")), ("2", Title("深井", "Deep"))),
        ),
        Field("depth", FieldType.NUMBER, Title("井深", "Depth"), unit="m", minimum=0, maximum=500),
        Field("pumps", FieldType.INTEGER, Title("水泵数", "Pumps"), minimum=0),
        Field("in_use", FieldType.BOOLEAN, Title("在用", "In use")),
        Field("drilled", FieldType.DATE, Title("成井日期", "Drilled on")),
        Field("measured", FieldType.INSTANT, Title("测量时间", "Measured at")),
        Field("owner", FieldType.TEXT, Title("户主", "Owner"), secrecy=Secrecy.INTERNAL),
    ),
    legend=Legend("circle", "#3366cc", by="kind", colors=(("1", "#66aaee"),), label="name"),
    quality=Quality(unique=(("name", "kind"),)),
    licence="内部使用",
    synthetic=True,
)

PLOTS = Contract(
    id="test-plots",
    title=Title("地块", "Plots"),
    description=Title("试验地块。", "Trial plots."),
    steward="农业农村局",
    source_standard="合成数据,无标准",
    geometry="MultiPolygon",
    key="code",
    valid_time=Title("地块有效的时间", "When the plot holds"),
    fields=(Field("code", FieldType.TEXT, Title("编码", "Code"), required=True),),
    legend=Legend("fill", "#aabb99"),
)

_WORDS = (
    st.text(
        st.characters(blacklist_categories=("Cs", "Cc", "Cn"), max_codepoint=0xFFFF), min_size=1, max_size=12
    )
    .map(str.strip)
    .filter(bool)
)
_TITLES = st.builds(Title, _WORDS, _WORDS)
_NAMES = st.from_regex(r"x[a-z0-9]{0,6}(_[a-z0-9]{1,4})?", fullmatch=True)
_COLORS = st.text(string.hexdigits.lower()[:16], min_size=6, max_size=6).map(lambda digits: f"#{digits}")
_LIMITS = st.floats(-1e9, 1e9, allow_nan=False).map(lambda limit: limit + 0.0)


@st.composite
def _fields(draw: st.DrawFn, name: str) -> Field:
    kind = draw(st.sampled_from(FieldType))
    text, numeric = kind is FieldType.TEXT, kind in (FieldType.INTEGER, FieldType.NUMBER)
    low, high = sorted((draw(_LIMITS), draw(_LIMITS)))
    codes = draw(st.lists(st.integers(0, 99).map(str), unique=True, max_size=4)) if text else []
    longest = draw(st.none() | st.integers(1, 500)) if text else None
    return Field(
        name,
        kind,
        draw(_TITLES),
        unit=draw(st.sampled_from(["m", "m2", "1"])) if numeric else None,
        required=draw(st.booleans()),
        max_length=longest,
        indexed=draw(st.booleans()) and not (text and longest is None and not codes),
        minimum=draw(st.none() | st.just(low)) if numeric else None,
        maximum=draw(st.none() | st.just(high)) if numeric else None,
        codes=tuple((code, draw(_TITLES)) for code in codes),
        pattern=draw(st.sampled_from([None, r"\d+", "[0-9]{1,2}"])) if text else None,
        secrecy=draw(st.sampled_from(Secrecy)),
        aliases=tuple(draw(st.lists(st.integers().map(lambda n: f"{name}·{n}"), unique=True, max_size=2))),
    )


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any contract that keeps the rules."""
    names = draw(st.lists(_NAMES, min_size=1, max_size=5, unique=True))
    fields = [draw(_fields(name)) for name in names]
    key = draw(st.sampled_from(["", "the_key"]))
    if key:
        fields.append(Field(key, FieldType.TEXT, draw(_TITLES), required=True))
    geometry = draw(st.sampled_from([None, "Point", "MultiLineString", "Polygon", "MultiPolygon"]))
    kinds = {None: "none", "Point": "circle", "MultiLineString": "line"}
    coded = [field for field in fields if field.codes and field.secrecy is Secrecy.PUBLIC]
    by = draw(st.sampled_from(coded)) if coded and draw(st.booleans()) else None
    heights = list(HeightType) if geometry else [HeightType.NONE]
    return Contract(
        id=draw(st.from_regex(r"[a-z][a-z0-9]{0,8}(-[a-z0-9]{1,6}){0,2}", fullmatch=True)),
        title=draw(_TITLES),
        description=draw(_TITLES),
        steward=draw(_WORDS),
        source_standard=draw(_WORDS),
        geometry=geometry,
        key=key,
        valid_time=draw(_TITLES),
        fields=tuple(fields),
        legend=Legend(
            kinds.get(geometry, "fill"),
            draw(_COLORS),
            outline=draw(st.none() | _COLORS),
            width_px=draw(st.floats(0, 64)),
            opacity=draw(st.floats(0, 1)),
            by=by.name if by else None,
            colors=((by.codes[0][0], draw(_COLORS)),) if by else (),
        ),
        height_type=draw(st.sampled_from(heights)),
        precision_deg=draw(st.sampled_from([1e-9, 1e-7, 1e-5])),
        sharing=draw(st.sampled_from(Sharing)),
        quality=Quality(draw(st.booleans()), draw(st.booleans()), ((fields[0].name,),)),
        synthetic=draw(st.booleans()),
        search_index=draw(st.booleans())
        and any(each.type is FieldType.TEXT and each.secrecy is Secrecy.PUBLIC for each in fields),
        order=draw(st.integers(0, 1000)),
    )
