"""Brings files of the repository that pages link to into the site, below `repository/`.

On GitHub a page links to `../sandbox/README.md`; in the site that file is a page, or a file to download, of its own.
"""

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
PLACE = "repository"
_ALWAYS = ("README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "sandbox/README.md")
_LINK = re.compile(r"(?<=\]\()([^)\s:#]+)((?:#[^)\s]*)?)(?=\))")


def on_files(files: Files, config: Any) -> Files:
    """Adds what the pages link to outside of docs/, and what those link to again."""
    waiting = [
        (file.src_uri, Path(file.abs_src_path).read_text(encoding="utf-8")) for file in files.documentation_pages()
    ]
    found = dict.fromkeys(_ALWAYS)
    waiting += [(f"{PLACE}/{path}", (ROOT / path).read_text(encoding="utf-8")) for path in found]
    while waiting:
        page, text = waiting.pop()
        for link, _ in _LINK.findall(text):
            path = _in_repository(page, link)
            if path is None or path in found or path.startswith("docs/") or not (ROOT / path).is_file():
                continue
            found[path] = None
            if path.endswith(".md"):
                waiting.append((f"{PLACE}/{path}", (ROOT / path).read_text(encoding="utf-8")))
    for path in found:
        files.append(File.generated(config, f"{PLACE}/{path}", abs_src_path=str(ROOT / path)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """Turns links that leave docs/, or lead back into it, to their places in the site."""
    here = page.file.src_uri

    def turned(match: re.Match[str]) -> str:
        path = _in_repository(here, match[1])
        if path is None:
            return match[0]
        if (ROOT / path).is_dir():
            path = f"{path}/README.md"
        place = path.removeprefix("docs/") if path.startswith("docs/") else f"{PLACE}/{path}"
        if files.get_file_from_path(place) is None:
            place = f"{PLACE}/README.md"
        return posixpath.relpath(place, posixpath.dirname(here) or ".") + match[2]

    return _LINK.sub(turned, markdown)


def _in_repository(page: str, link: str) -> str | None:
    """The path in the repository that a link of a page leads to; None for a link that needs no turning."""
    if link.startswith(("http", "mailto", "/")):
        return None
    inside = page.startswith(f"{PLACE}/")
    base = page.removeprefix(f"{PLACE}/") if inside else f"docs/{page}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(base), link))
    if path.startswith("..") or not (inside or not path.startswith("docs/")):
        return None
    return path
