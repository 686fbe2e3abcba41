"""Every curl and ogrinfo command that the documents print works as printed."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from serving import ROOT, Served

PRINTED = "http://127.0.0.1:8370"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))


def commands() -> Iterator[tuple[str, str]]:
    """Reading commands that stand in code blocks; a backslash continues a line."""
    for page in PAGES:
        for block in re.findall(r"```(?:sh)?\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
            for line in block.replace("\\\n", " ").splitlines():
                words = line.strip()
                if words.startswith(("curl ", "ogrinfo ")) and PRINTED in words and " -N " not in words:
                    yield page.name, words


@pytest.mark.parametrize(("page", "command"), list(commands()))
def test_a_printed_command_works(city: Served, tmp_path: Path, page: str, command: str) -> None:
    words = shlex.split(command.replace(PRINTED, city.url))
    if shutil.which(words[0]) is None:
        pytest.skip(f"not installed: {words[0]}")
    if words[0] == "curl":
        words[1:1] = ["-sS", "-o", str(tmp_path / "answer"), "-w", "%{http_code}"]
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    if words[0] == "curl":
        assert ran.stdout[-3:] in ("200", "201", "204", "304"), (
            page,
            ran.stdout,
            (tmp_path / "answer").read_text(errors="replace")[:500],
        )
