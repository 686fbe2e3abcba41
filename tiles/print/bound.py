"""Pages bound to a document 装订: what every document of several pages of text ends with."""

from __future__ import annotations

from collections.abc import Sequence

from tiles.print.lettering import Lettering
from tiles.print.pdf import POINTS_PER_MM, PdfFile, Ref, named, text_string


def bind(
    file: PdfFile, contents: Sequence[Ref], lettering: Lettering, size_mm: tuple[float, float], title: str,
    mark: str,
) -> None:  # fmt: skip
    """Fonts, the tree of pages and the end of a file in Chinese; ``contents`` are the streams of its pages.

    ``mark``: 32 hexadecimal digits that name the file.
    """
    fonts = file.put(f"<< /Font {named(lettering.put(file))} >>")
    tree = file.reserve()
    media = " ".join(f"{each * POINTS_PER_MM:.4f}" for each in size_mm)
    pages = [
        file.put(
            f"<< /Type /Page /Parent {tree} /MediaBox [0 0 {media}] /Contents {content} /Resources {fonts} >>"
        )
        for content in contents
    ]
    kids = " ".join(map(str, pages))
    file.put(f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>", tree)
    root = file.put(
        f"<< /Type /Catalog /Pages {tree} /Lang (zh-CN) /ViewerPreferences << /DisplayDocTitle true >> >>"
    )
    file.finish(root, file.put(f"<< /Title {text_string(title)} /Producer (One Map) >>"), mark)
