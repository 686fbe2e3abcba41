"""What the rivers refuse 水利业务的拒绝; kinds and policy as in :mod:`spatial.errors`."""

from __future__ import annotations

from typing import NamedTuple

from spatial.errors import Conflict, IntegrityBroken, InvalidInput, NotFound, Refused, Unavailable


class Name(NamedTuple):
    """What a message calls a thing in either language 名称."""

    zh: str
    en: str


class BadChainage(InvalidInput):
    """A text or number that is no chainage 桩号有误."""

    code = "bad-chainage"


class BeyondEnd(Refused):
    """A chainage before the beginning or beyond the end of its route 桩号超出河道."""

    code = "beyond-the-end"


class BadCentreline(InvalidInput):
    """A centre line that carries no chainage: crossing itself, of no length, badly calibrated 中心线有误."""

    code = "bad-centreline"


class OffRiver(Refused):
    """A place too far from any river, or beside none of its cross-sections 不在河道旁."""

    code = "off-river"


class UnknownRoute(NotFound):
    """No route of that id, or no such version of it, on that day 无此河道或版本."""

    code = "no-such-route"


class UnknownPlace(NotFound):
    """No reach, node or feature of that id from which a river could be followed 河网上无此对象."""

    code = "no-such-river-place"


class BadNetwork(Refused):
    """Reaches that make no network: a node that is missing, an end that lies elsewhere 河网有误."""

    code = "bad-river-network"


class NotOnTheWay(Refused):
    """The place to stop at is not met on that way 不在此路径上."""

    code = "stop-not-on-the-way"


class BadRelease(InvalidInput):
    """Releases that cannot be read as steps in time 下泄流量有误."""

    code = "bad-release"


class NestedReservoir(Refused):
    """Releases that would be counted twice: one reservoir lies inside the catchment of another 重复计算."""

    code = "nested-reservoir"


class UnknownShare(Refused):
    """Water that parts on the way, by shares that nobody has told 分流比未知."""

    code = "unknown-share"


class ClaimRefused(InvalidInput):
    """A claim without a source, without a datum where it is a height, or that means nothing 主张不成立."""

    code = "claim-refused"


class UnknownClaim(NotFound):
    """No claim of that number, or nothing is claimed there 无此主张."""

    code = "no-such-claim"


class DefectRefused(Refused):
    """A step that a defect cannot take, or one that is there already 缺陷办理不允许."""

    code = "defect-refused"


class UnknownDefect(NotFound):
    """No defect of that number on that day 无此缺陷."""

    code = "no-such-defect"


class PlaceRefused(InvalidInput):
    """A stretch of a river that ends before it begins 桩号范围有误."""

    code = "stretch-refused"


class PaperRefused(InvalidInput):
    """A file that is no document or photograph of a known kind 文档或照片不予登记."""

    code = "river-document-refused"


class UnknownPaper(NotFound):
    """No document of that digest is on the register 无此文档."""

    code = "no-such-river-document"


class BadRating(InvalidInput):
    """A rating curve that is none: segments that overlap, jump or fall 水位流量关系有误."""

    code = "bad-rating"


class OutsideRating(Refused):
    """A stage or discharge that the rating curve does not cover; it is not extended 超出率定范围."""

    code = "outside-rating"


class BadStation(InvalidInput):
    """A station, threshold or table that cannot be meant 测站资料有误."""

    code = "bad-station"


class DatumNotConvertible(Refused):
    """Heights of two datums between which no offset is on record at that place 高程基准不能换算."""

    code = "datum-not-convertible"


class UnknownStation(NotFound):
    """No station of that code 无此测站."""

    code = "no-such-station"


class BadVerification(InvalidInput):
    """Forecast and observation that cannot be compared: lengths, nothing observed, no change 无法评定."""

    code = "bad-verification"


class BadCalibration(InvalidInput):
    """A calibration that cannot be: bounds, seed, objective, years, too few floods 率定设置有误."""

    code = "bad-calibration"


class DeadStation(Refused):
    """A station that a forecast rests on is silent, or has gaps that cannot be filled 测站中断."""

    code = "dead-station"


class NotIssued(Refused):
    """A forecast whose model is of grade 丙 or worse: for reference, never issued 等级不足,不予发布."""

    code = "grade-not-issued"


class UnknownForecast(NotFound):
    """No forecast, or no calibrated model, of that number 无此预报或方案."""

    code = "no-such-forecast"


class CameraRefused(InvalidInput):
    """A camera or a source of pictures that cannot be meant 视频点资料有误."""

    code = "camera-refused"


class UnknownCamera(NotFound):
    """No camera of that number, or no picture of that instant 无此视频点或抓拍."""

    code = "no-such-camera"


class BadArchiveRequest(InvalidInput):
    """A request to the archive that names nothing it could hold 档案请求有误."""

    code = "bad-archive-request"


class NotPreservable(InvalidInput):
    """A file in a format that nobody may be able to read in a hundred years 非长期保存格式."""

    code = "not-preservable"


class UnknownArchiveObject(NotFound):
    """No such object, version or file in the archive 档案中没有."""

    code = "unknown-archive-object"


class WriteOnce(Refused):
    """An attempt to change or delete what was entered for ever 档案只写一次."""

    code = "archive-write-once"


class ArchiveDamaged(IntegrityBroken):
    """The archive is not what was entered 档案受损."""

    code = "archive-damaged"


class ArchiveDiverged(Conflict):
    """Two copies whose logs do not follow one another 副本分叉."""

    code = "archive-diverged"


class ArchiveAway(Unavailable):
    """No copy of the archive can be reached 档案副本不可用."""

    code = "archive-away"


class RestoreRefused(Refused):
    """A cold start into a database that already holds something of it 不能恢复到非空库."""

    code = "restore-refused"


class BadGround(InvalidInput):
    """A raster of the run has holes, a wrong shape or impossible values 底图有误."""

    code = "bad-ground"


class BadForcing(InvalidInput):
    """Rain, infiltration or a series of the run cannot be: negative, missing, in no order 驱动数据有误."""

    code = "bad-forcing"


class DeadSeries(InvalidInput):
    """A series says nothing for a part of the run, as from a dead station 序列中断."""

    code = "dead-series"


class BadBoundary(InvalidInput):
    """A boundary condition off the edge of the grid, or two on one face 边界条件有误."""

    code = "bad-boundary"


class BadStructure(InvalidInput):
    """A dyke, gate, culvert, pump or channel that does not fit the grid 工程资料有误."""

    code = "bad-structure"


class BreachOutsideDyke(InvalidInput):
    """A breach at an edge that carries no dyke 溃口不在堤防上."""

    code = "breach-outside-dyke"


class BadState(InvalidInput):
    """A state that belongs to another grid, scheme or precision 状态与模型不符."""

    code = "bad-state"


class RunTooLong(Refused):
    """A run whose estimate passes the limit it was given 推演耗时超限."""

    code = "run-too-long"


class BadHydraulicRun(InvalidInput):
    """A setting of the run that no scheme takes 推演设置有误."""

    code = "bad-hydraulic-run"


class BadParameter(InvalidInput):
    """A parameter of a hydrological model that is missing or outside of its bounds 模型参数超界."""

    code = "bad-model-parameter"


class BadCurve(InvalidInput):
    """A curve of a reservoir or channel that does not rise, or is asked beyond its ends 曲线有误."""

    code = "bad-hydrology-curve"


class BadBasin(InvalidInput):
    """Sub-basins, reaches and reservoirs that make no tree towards one outlet 流域拓扑有误."""

    code = "bad-basin"


class BadWarningRule(InvalidInput):
    """A rule that means nothing: clearing above where it raises, levels that fall, parts missing 规则有误."""

    code = "bad-warning-rule"


class UnknownWarningRule(NotFound):
    """No rule of that id is in force 无此预警规则."""

    code = "no-such-warning-rule"


class UnknownWarning(NotFound):
    """No warning of that number 无此预警."""

    code = "no-such-warning"


class BadWarningInput(InvalidInput):
    """An input that no rule can judge: no probability, an instant gone by 预警输入有误."""

    code = "bad-warning-input"


class WarningStepRefused(Refused):
    """A step that does not follow in the life of a warning 预警状态不允许."""

    code = "warning-step-refused"


class AcknowledgementRefused(Refused):
    """Who acknowledges is not whose turn it is, or has done so already 签收不允许."""

    code = "acknowledgement-refused"


class NothingToVerify(Refused):
    """A rule whose warnings nothing on file can be held against 无从检验."""

    code = "nothing-to-verify"


class UnknownRun(NotFound):
    """No kept run of a flood of that id 无此推演."""

    code = "no-such-flood-run"


class UnknownFloodFile(NotFound):
    """A run left no file of that name 推演无此文件."""

    code = "no-such-flood-file"


class NoExtent(Refused):
    """A set of runs, which has probabilities in place of one extent 集合推演无单一范围."""

    code = "no-flood-extent"


class BadScenario(InvalidInput):
    """A scenario that cannot be: no area, a place off it, water from nowhere 情景有误."""

    code = "bad-flood-scenario"


class NoTerrain(Refused):
    """Ground on which no flood can be run: holes, no heights, an unknown datum 地形不可用."""

    code = "no-terrain"


class BadExtent(InvalidInput):
    """A flood that is none: sizes that differ, negative depths, water that never arrives 淹没范围有误."""

    code = "bad-flood-extent"


class NoAddresses(Refused):
    """The register of addresses is empty: nobody could be found in any flood 地址库为空."""

    code = "no-addresses"


class NoShelters(Refused):
    """No shelter that stays dry and says how many it holds 无可用避难场所."""

    code = "no-shelters"


class BadCapacity(InvalidInput):
    """A capacity or a number of people that cannot be meant 容量或人数有误."""

    code = "bad-capacity"


class PeopleUnknown(Refused):
    """How many people live at an address may not be read, and nobody said what to assume 人数未知."""

    code = "people-unknown"


class UnknownResponsePlan(NotFound):
    """No plan of that name, no such version or activation of it 无此预案."""

    code = "no-such-response-plan"


class BadResponsePlan(InvalidInput):
    """A plan whose parts do not fit together 预案内容有误."""

    code = "bad-response-plan"


class ResponsePlanStep(Refused):
    """A step that does not follow in the life of a plan or of its activation 预案办理不允许."""

    code = "response-plan-step-refused"


class TriggerNotMet(Refused):
    """The trigger that is said to have fired does not hold on what is known 触发条件不成立."""

    code = "trigger-not-met"
