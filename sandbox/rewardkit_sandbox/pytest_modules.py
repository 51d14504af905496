"""The source texts of pytest, which travel to a sandbox as the guest's own modules do."""

import functools
from importlib import resources
from importlib.resources.abc import Traversable

PACKAGES = ("pytest", "_pytest", "pluggy", "iniconfig", "packaging")
# pytest colours its terminal reports by pygments, which is large; nobody sees a report in there.
STUBS = {
    "py": "import sys\nfrom _pytest._py import error, path\nsys.modules |= {'py.error': error, 'py.path': path}",
    "pygments": "",
    "pygments.formatters.terminal": "class TerminalFormatter: ...",
    "pygments.lexer": "class Lexer: ...",
    "pygments.lexers.diff": "class DiffLexer: ...",
    "pygments.lexers.python": "class PythonLexer: ...",
}


@functools.cache
def pytest_modules() -> dict[str, str]:
    """Texts of pytest and of what it needs, by module name; empty where it is not installed."""
    found = dict(STUBS)
    try:
        for package in PACKAGES:
            _collect(resources.files(package), package, found)
    except ModuleNotFoundError:
        return {}
    return found


def _collect(folder: Traversable, package: str, found: dict[str, str]) -> None:
    for entry in folder.iterdir():
        stem = entry.name.removesuffix(".py")
        if entry.name.endswith(".py"):
            found[package if stem == "__init__" else f"{package}.{stem}"] = entry.read_text("utf-8")
        elif entry.is_dir() and entry.name != "__pycache__":
            _collect(entry, f"{package}.{entry.name}", found)
