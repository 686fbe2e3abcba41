"""Zip archives: looked at whole before a byte is unpacked. Runs in the reader's process."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from spatial.errors import FileTooLarge, UnreadableFile, UnsafeFile, shorten
from spatial.exchange.sandbox import Limits

_NESTED = (".zip", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".kmz")
_CHUNK = 1 << 20


def inspect(path: Path, limits: Limits) -> list[zipfile.ZipInfo]:
    """The members of an archive, after every check that needs no unpacking.

    Raises FileTooLarge for too many members, too much content or a ratio no
    honest file has; UnsafeFile for absolute paths, ``..``, links, device files,
    encryption, nested archives and members lying over one another.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as broken:
        raise UnreadableFile(
            f"压缩包损坏或被截断,请重新导出:{path.name}",
            f"the archive is damaged or cut off, export it again ({broken}): {path.name}",
            value=path.name,
        ) from broken
    _check_amount(path, members, limits)
    for member in members:
        _check_member(path, member)
    _check_overlap(path, members)
    return members


def unpack(path: Path, into: Path, limits: Limits) -> list[Path]:
    """Unpack an inspected archive; every file lands below ``into``."""
    members = inspect(path, limits)
    left = limits.unpacked_bytes
    files = []
    with zipfile.ZipFile(path) as archive:
        for member in members:
            if member.is_dir():
                continue
            target = into.joinpath(*PurePosixPath(_name(member)).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            left = _unpack_member(archive, member, target, left)
            files.append(target)
    return files


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    try:
        with archive.open(member) as source, target.open("xb") as sink:
            written = 0
            while chunk := source.read(_CHUNK):
                written += len(chunk)
                if written > member.file_size or written > left:
                    raise too_large(member.filename, "size")
                sink.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, FileExistsError) as broken:
        raise UnreadableFile(
            f"压缩包内文件损坏:{member.filename}",
            f"a file in the archive is damaged ({broken}): {member.filename}",
            value=member.filename,
        ) from broken
    return left - written


def _check_amount(path: Path, members: list[zipfile.ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members:
        raise too_large(path.name, f"{len(members)} members > {limits.members}")
    unpacked = sum(member.file_size for member in members)
    if unpacked > limits.unpacked_bytes:
        raise too_large(path.name, f"{unpacked} B > {limits.unpacked_bytes} B")
    packed = max(1, path.stat().st_size)
    if unpacked > limits.ratio_from_bytes and unpacked / packed > limits.ratio:
        raise too_large(path.name, f"ratio {unpacked / packed:.0f} > {limits.ratio}")


def _check_member(path: Path, member: zipfile.ZipInfo) -> None:
    name = _name(member)
    pure = PurePosixPath(name)
    mode = member.external_attr >> 16
    if (
        pure.is_absolute()
        or ".." in pure.parts
        or "\\" in name
        or ":" in name
        or any(ord(character) < 32 for character in name)
        or not pure.parts
    ):
        raise _unsafe(path, member, "路径越界", "its path leaves the archive")
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_IFMT(mode) == 0):
        raise _unsafe(path, member, "链接或设备文件", "a link or device file")
    if member.flag_bits & 0x1:
        raise _unsafe(path, member, "已加密", "encrypted")
    if name.lower().endswith(_NESTED):
        raise _unsafe(path, member, "嵌套压缩包", "a nested archive")


def _check_overlap(path: Path, members: list[zipfile.ZipInfo]) -> None:
    spans = sorted((member.header_offset, member.compress_size) for member in members)
    end = 0
    for offset, size in spans:
        if offset < end:
            raise UnsafeFile(
                f"压缩包成员相互重叠,拒绝打开:{path.name}",
                f"members of the archive lie over one another; refused: {path.name}",
                value=path.name,
            )
        end = offset + 30 + size
    if end > path.stat().st_size:
        raise UnreadableFile(
            f"压缩包被截断:{path.name}", f"the archive is cut off: {path.name}", value=path.name
        )


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; archives made in China often hold GBK without saying so."""
    if member.flag_bits & 0x800:
        return member.filename
    raw = member.filename.encode("cp437", "surrogateescape")
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename


def too_large(name: str, limit: str) -> FileTooLarge:
    """The error of an archive over a limit."""
    return FileTooLarge(
        f"压缩包超出限制({limit}),疑为压缩炸弹,未解压:{name}",
        f"the archive is over a limit ({limit}); it was not unpacked: {name}",
        value=name,
    )


def _unsafe(path: Path, member: zipfile.ZipInfo, zh: str, en: str) -> UnsafeFile:
    shown = shorten(member.filename) or path.name
    return UnsafeFile(
        f"压缩包含不安全成员({zh}),请去掉后重新打包:{shown}",
        f"the archive has an unsafe member ({en}); pack it again without: {shown}",
        value=shown,
    )


def pack(files: list[tuple[str, Path]], target: Path) -> None:
    """One deterministic archive of several files: sorted, without times, attributes or owners."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, path in sorted(files):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            member.external_attr = (stat.S_IFREG | 0o644) << 16
            with path.open("rb") as source, archive.open(member, "w") as sink:
                while chunk := source.read(_CHUNK):
                    sink.write(chunk)


def regular_files(folder: Path) -> list[Path]:
    """Every file below a folder; refuses links and anything that is no plain file."""
    files = []
    for root, folders, names in os.walk(folder, followlinks=False):
        for name in (*folders, *names):
            path = Path(root, name)
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise UnsafeFile(
                    f"目录中有链接或特殊文件,拒绝读取:{name}",
                    f"a link or special file in the folder; refused: {name}",
                    value=name,
                )
        files += [Path(root, name) for name in names]
    return sorted(files)
