"""The page at `/`: a completion is pasted and its judgement shown. It loads nothing, and shows text as text alone.

Its only request goes to this server's `/explain`. Texts of rows and models become text nodes, never markup, and the
browser is told to run this script and no other.
"""

import base64
import hashlib
from pathlib import Path

PAGE = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")


def _hash_of(tag: str) -> str:
    content = PAGE.partition(f"<{tag}>")[2].partition(f"</{tag}>")[0]
    return base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


CONTENT_SECURITY_POLICY = (
    f"default-src 'none'; script-src 'sha256-{_hash_of('script')}'; style-src 'sha256-{_hash_of('style')}'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
