"""One HTML file around the data of a report: its style, its script, and the data as inert JSON.

The page may not ask for anything: its Content-Security-Policy allows its own style and this one script, by its hash,
and nothing else, so no completion can run, load or send anything even if the script had a fault. The script itself
never makes HTML of text. The index comes before the script and the texts behind it: the page paints before it has read
them.
"""

import base64
import hashlib
import html
from collections.abc import Iterator
from importlib import resources

from rewardkit.reporting.data import ReportData

FILES = ("page.html", "page.css", "page.js")


def page_of(data: ReportData, title: str) -> Iterator[bytes]:
    """The page in pieces, in order."""
    frame, style, script = (resources.files("rewardkit.reporting").joinpath(name).read_text("utf-8") for name in FILES)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:"
    head, _, tail = frame.partition("{{texts}}")
    index = data.index(title).decode()
    filled = {"policy": policy, "title": html.escape(title), "style": style, "index": index, "script": script}
    for name, text in filled.items():
        before, mark, head = head.partition(f"{{{{{name}}}}}")
        assert mark, f"page.html lacks {name}"
        yield (before + text).encode()
    yield head.encode()
    for number, chunk in enumerate(data.chunks):
        yield b'<script type="application/json" id="t%d">%b</script>\n' % (number, chunk)
    yield tail.encode()
