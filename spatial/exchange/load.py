"""Loading a delivery 入库: from a department's file to one changeset, whole or not at all.

File → work folder and digest → reader in its sandbox → encoding, frame, fields
→ staging → contract checks → comparison → one changeset, with the original and
the evidence in the same transaction. Whatever stops it, the database is as it
was before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from spatial.catalogue import lineage, quality
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import City, read_city
from spatial.catalogue.contract import Contract
from spatial.database import Connection, connect
from spatial.datum import BEIJING, Registry, beijing_day, frame, legal_areas_m2
from spatial.datum.store import load_registry
from spatial.errors import (
    DeliveryUndecided,
    FieldsDoNotMatch,
    FrameUndecided,
    InvalidInput,
    RowsRejected,
    TooManyRetired,
    UnreadableFile,
)
from spatial.exchange import fields, frames, originals, sandbox, shapes, store, trust, untold
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.boundary import areas
from spatial.exchange.evidence import Evidence, FrameReading
from spatial.exchange.identity import PROVISIONAL
from spatial.exchange.profile import NONE, AreaUnit, Profiles
from spatial.exchange.profile.adapt import Areas, Asked, Recognised, Recognition
from spatial.exchange.profile.units import Floats
from spatial.exchange.report import LoadReport as LoadReport
from spatial.exchange.report import Rejection
from spatial.exchange.rows import Rows
from spatial.exchange.sandbox import Job, Limits
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Difference, Intent
from spatial.history.write import Staging

RETIRE_SHARE = 0.2
"""A full delivery that retires more of a layer than this needs ``allow_retire``."""
CHANGES_SHOWN = 1000
REJECTIONS_LISTED = 100_000

Progress = Callable[[str, str], None]
"""Called with each step in Chinese and English."""
Closing = Callable[[Connection, LoadReport], None]
"""Called inside the transaction of the changeset, last of all: what it writes stands or falls with it."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """Who loads what, and what the user decides."""

    author: str
    department: str
    reason: str
    delivery: Delivery | None = None
    """Whole layer or part of it; must be said once the layer has features."""
    valid_from: datetime | None = None
    """From when the delivered state is true; today in Beijing where not said."""
    source_crs: str | None = None
    trust_source_crs: bool = False
    """Believe the frame that is said, even where trusted positions lie 100 m off it."""
    encoding: str | None = None
    source_layer: str | None = None
    """Layer or sheet of the file, where it has several."""
    coordinates: tuple[str, str] | None = None
    """Columns of a table that hold x and y."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """Column of the file → field of the layer, where names do not tell."""
    profile: str | None = None
    """The structure of the file, where its fields do not tell."""
    edition: str | None = None
    """Edition of its classes, where codes and names do not tell."""
    area_unit: AreaUnit | None = None
    """Unit of its declared areas, where the shapes do not tell."""
    profiles: Profiles = NONE
    """What is known of the deliveries of the layer."""
    dry_run: bool = False
    allow_retire: bool = False
    city: str = "370783"
    limits: Limits = field(default_factory=Limits)


def load(
    dsn: str,
    path: str | Path,
    layer_id: str,
    options: LoadOptions,
    progress: Progress | None = None,
    closing: Closing | None = None,
) -> LoadReport:
    """Load a file into a layer; nothing is written unless everything is.

    Raises what is wrong with the file (UnreadableFile, UnsafeFile, FileTooLarge,
    CurvedGeometry), what it does not say (FrameUndecided, FrameContradicted, EncodingUndecided,
    SourceLayerUndecided, DeliveryUndecided, ProfileUndecided, EditionUndecided,
    UnitUndecided), NoOperation where the city has registered
    no transformation from the file's frame, FieldsDoNotMatch, DuplicateKey,
    RowsRejected (``details["report"]`` lists every row), TooManyRetired.
    """
    tell = progress or _silent
    started = time.monotonic()
    with connect(dsn) as connection:
        layer = catalogue.get(connection, layer_id)
    with sandbox.work_folder() as work:
        tell("复制并取摘要", "copying and taking the digest")
        original = originals.stage(path, work, options.limits)
        tell("在沙箱中读取", "reading in the sandbox")
        sandbox.run(_job(layer.contract, original, work, options))
        content = read_content(work)
        seconds = {"read": time.monotonic() - started}
        with connect(dsn) as connection:
            registry = load_registry(connection)
            loading = _Loading(connection, layer, registry, original, content, options, tell, seconds)
            try:
                report = loading.run()
                if closing is not None and report.changeset is not None:
                    closing(connection, report)
            except BaseException:
                connection.rollback()
                raise
            if options.dry_run or report.changeset is None:
                connection.rollback()
            else:
                connection.commit()
        return report


def _silent(_zh: str, _en: str) -> None:
    return None


def _job(contract: Contract, original: originals.Original, work: Path, options: LoadOptions) -> Job:
    return Job(
        path=str(original.dataset),
        work=str(work),
        layer=options.source_layer,
        encoding=options.encoding,
        limits=options.limits,
        wants_geometry=contract.geometry is not None,
        geometry=contract.geometry,
        coordinates=options.coordinates,
        hints=(contract.id, contract.id.replace("-", "_"), contract.title.zh, contract.title.en),
    )


@dataclass(slots=True)
class _Loading:
    """One delivery on its way through one transaction."""

    connection: Connection
    layer: catalogue.Layer
    registry: Registry
    original: originals.Original
    content: Content
    options: LoadOptions
    tell: Progress
    seconds: dict[str, float]
    notes: list[Evidence] = field(default_factory=list)
    held: int = 0
    """Features believed in before."""

    def run(self) -> LoadReport:
        """From the reader's arrays to a changeset; the caller commits or rolls back."""
        contract, table = self.layer.contract, self.layer.table
        city = read_city(self.options.city)
        intent = self._intent()
        asked = Asked(self.options.profile, self.options.edition, self.options.area_unit, self.options.fields)
        recognition = Recognition(contract, self.content, self.options.profiles, asked, self.original.name)
        reading = self._frame(city, recognition.mapped)
        if reading is not None:
            self.registry.route(self.registry.frame(reading.frame), shapes.STORED)
        found = recognition.finish(self._areas(city, reading))
        self.content = found.content
        mapped = found.mapped
        report = self._first_report(found, reading)

        self.tell("写入暂存表", "copying into staging")
        started = time.monotonic()
        staging = write.create_staging(self.connection, table)
        seeking = not contract.key and self.held > 0
        limits = self.options.limits
        rows = Rows(contract, self.content, mapped, reading, limits, self.registry, provisional=seeking)
        write.copy_rows(self.connection, staging, rows.columns, rows)
        report = replace(report, path=rows.path, accuracy_m=rows.accuracy_m)
        if self.content.format == "boundary-points" and reading is not None:
            self.notes += areas.evidence(self.content, reading, limits.vertices, self.registry)
        self._reject(report, rows.rejected)
        write.canonicalise(self.connection, staging)
        if seeking:
            store.adopt_identities(self.connection, staging, PROVISIONAL)
        if self.held or self.options.dry_run:
            write.require_keys(self.connection, staging)
        if self.held and mapped.missing:
            self.notes += untold.settle(self.connection, staging, contract, mapped.missing, intent.valid_from)
        self.seconds["stage"] = time.monotonic() - started

        self.tell("按图层契约检查", "checking against the contract")
        started = time.monotonic()
        findings = quality.check(
            self.connection,
            contract,
            staging,
            city,
            intent.valid_from,
            delivery=intent.delivery,
            listed_per_rule=REJECTIONS_LISTED,
        )
        self._reject(report, [_rejection(one) for one in findings], findings.total)
        self.seconds["check"] = time.monotonic() - started

        self.tell("与库中比较", "comparing with what is believed")
        started = time.monotonic()
        difference = write.difference(self.connection, staging, intent)
        self._guard(intent, difference)
        self.seconds["compare"] = time.monotonic() - started
        report = replace(report, difference=difference, notes=(*report.notes, *self.notes))
        if self.options.dry_run:
            changes = write.changes(self.connection, staging, intent, CHANGES_SHOWN)
            return replace(report, outcome="dry-run", changes=changes)
        return self._apply(staging, intent, report, findings)

    def _apply(
        self, staging: Staging, intent: Intent, report: LoadReport, findings: quality.Findings
    ) -> LoadReport:
        self.tell("写入历史", "writing the changeset")
        started = time.monotonic()
        changeset: Changeset | None = write.apply(self.connection, staging, intent)
        write.drop_staging(self.connection, staging)
        if changeset is None:
            return replace(report, outcome="unchanged")
        self.seconds["apply"] = time.monotonic() - started
        report = replace(report, outcome="loaded", changeset=changeset.id)
        originals.keep(self.connection, self.original)
        quality.keep(self.connection, changeset.id, findings)
        store.keep_reading(
            self.connection,
            store.Reading(
                changeset=changeset.id,
                sha256=self.original.sha256,
                layer=self.layer.contract.id,
                file_name=self.original.name,
                format=self.content.format,
                source_frame=report.frame.frame if report.frame else None,
                crs_evidence=report.frame.to_json() if report.frame else {"frame": None, "evidence": []},
                encoding_evidence=self.content.encoding.to_json(),
                report=report.to_json(),
            ),
        )
        lineage.derive(
            self.connection,
            lineage.product_of(changeset.id),
            lineage.sources_of_file(self.connection, self.original.sha256),
            activity="load",
            parameters={"original_sha256": self.original.sha256.hex()},
        )
        return report

    def _intent(self) -> Intent:
        options = self.options
        for zh, en, value in (
            ("经办人", "author", options.author),
            ("部门", "department", options.department),
            ("原因", "reason", options.reason),
        ):
            if not value.strip():
                raise InvalidInput(f"须填写{zh}(--{en})", f"say the {en} with --{en}", value=value)
        held = self.held = store.believed_count(self.connection, self.layer.table)
        if held and options.delivery is None:
            layer = self.layer.contract.id
            raise DeliveryUndecided(
                f"图层已有 {held} 个要素,请说明本次是全量(--full)还是部分(--partial):{layer}",
                f"the layer has {held} features; is this all of it (--full) or part (--partial)? {layer}",
                value=layer,
                details={"options": ["--full", "--partial"], "held": held},
            )
        today = beijing_day(datetime.now(BEIJING).date()).start
        valid_from = options.valid_from or today
        assert valid_from is not None
        return Intent(
            author=options.author,
            department=options.department,
            reason=options.reason,
            valid_from=valid_from,
            delivery=options.delivery or Delivery.PARTIAL,
            source_sha256=self.original.sha256,
        )

    def _frame(self, city: City, mapped: fields.Mapped) -> FrameReading | None:
        contract, content = self.layer.contract, self.content
        if contract.geometry is None:
            return None
        first = next(content.read(), None)
        if first is None or first.wkb is None:
            raise FieldsDoNotMatch(
                f"文件没有几何,也没有认得的坐标列({'、'.join(content.columns)});"
                f"可用 --coordinates 指明:{contract.id}",
                f"no geometry and no known coordinate columns ({', '.join(content.columns)}); "
                f"name them with --coordinates: {contract.id}",
                value=list(content.columns),
            )
        if self.options.source_crs is not None:
            self.registry.frame(self.options.source_crs)
        seen = shapes.survey(content.read(), self.options.limits.vertices)
        for dropped, zh, en in (
            (seen.has_z, "高程 Z", "heights (Z)"),
            (seen.has_m, "量测值 M", "measures (M)"),
        ):
            if dropped:
                self.notes.append(
                    Evidence("dropped", f"图层为二维,{zh} 未载入", f"the layer is flat; {en} were not loaded")
                )
        if seen.survey is None:
            return self._frame_of_nothing()
        return frames.decide(
            seen.survey,
            city,
            name=self.original.name,
            declared=content.declared,
            option=self.options.source_crs,
            trusted=trust.positions(self.connection, contract, self.layer.table, content, mapped),
            trust_said=self.options.trust_source_crs,
            registry=self.registry,
        )

    def _areas(self, city: City, reading: FrameReading | None) -> Areas | None:
        """Legal areas 椭球面积 of a batch's shapes: drawn in the city's zone."""
        if reading is None or "Polygon" not in (self.layer.contract.geometry or ""):
            return None
        source, drawn = self.registry.frame(reading.frame), frame(str(city.epsg_without_prefix))

        def areas(batch: Batch) -> Floats:
            arrived = shapes.bring(
                batch, source, reading.swapped, self.options.limits.vertices, self.registry
            )
            return legal_areas_m2(shapes.sound(arrived.ewkb), drawn, given_in=shapes.STORED)

        return areas

    def _frame_of_nothing(self) -> FrameReading:
        """Without one usable coordinate only what is said counts; the rows tell what is wrong."""
        said = self.options.source_crs or self.content.declared
        if said is None or said.startswith("unknown"):
            name, count = self.original.name, self.content.count
            if not count:
                raise UnreadableFile(
                    f"文件里没有一行数据:{name}", f"there is no row in the file: {name}", value=name
                )
            raise FrameUndecided(
                f"{count} 行中没有一行有可用坐标,请检查坐标列:{name}",
                f"of {count} not one row has coordinates that can be used; check their columns: {name}",
                value=name,
            )
        told = Evidence("said", f"指明或声明 {said}", f"said: {said}")
        return FrameReading(self.registry.frame(said).id, False, (told,))

    def _guard(self, intent: Intent, difference: Difference) -> None:
        if intent.delivery is not Delivery.FULL or self.options.allow_retire:
            return
        held = self.held
        if difference.retired > RETIRE_SHARE * held:
            layer = self.layer.contract.id
            raise TooManyRetired(
                f"本次全量将注销 {held} 个要素中的 {difference.retired} 个(超过 {RETIRE_SHARE:.0%});"
                f"若属实请加 --allow-retire,否则请用 --partial:{layer}",
                f"this delivery would retire {difference.retired} of {held} features "
                f"(more than {RETIRE_SHARE:.0%}); add --allow-retire if meant, else --partial: {layer}",
                value=layer,
                details={"held": held, "retired": difference.retired},
            )

    def _reject(self, report: LoadReport, rejected: list[Rejection], total: int | None = None) -> None:
        if not rejected:
            return
        count = total or len(rejected)
        report = replace(
            report,
            outcome="rejected",
            rejected=tuple(rejected),
            rejected_total=count,
            notes=(*report.notes, *self.notes),
        )
        first = rejected[0]
        raise RowsRejected(
            f"{count} 处不合格,未载入任何内容;第一处在第 {first.line} 行:{first.zh}",
            f"{count} faults, nothing was loaded; the first is in line {first.line}: {first.en}",
            value=first.value,
            details={"report": report.to_json()},
        )

    def _first_report(self, found: Recognised, reading: FrameReading | None) -> LoadReport:
        content, mapped = self.content, found.mapped
        return LoadReport(
            layer=self.layer.contract.id,
            file=self.original.name,
            sha256=self.original.sha256.hex(),
            format=content.format,
            source_layer=content.layer,
            rows=content.count,
            outcome="loaded",
            encoding=content.encoding,
            frame=reading,
            path=(),
            accuracy_m=None,
            fields=tuple((content.columns[index], one.name) for one, index in mapped.fields),
            unmapped=mapped.unmapped,
            missing=mapped.missing,
            confined=content.confined,
            profile=None if found.profile is None else found.profile.to_json(),
            edition=found.edition,
            notes=(*content.notes, *found.notes),
            seconds=self.seconds,
        )


def _rejection(found: quality.Violation) -> Rejection:
    return Rejection(
        line=found.line,
        fid=found.fid,
        rule=found.rule,
        zh=found.zh,
        en=found.en,
        value=found.value,
        lon_deg=found.lon_deg,
        lat_deg=found.lat_deg,
    )
