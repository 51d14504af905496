"""Reads the texts of tests for what they do with files, without running them."""

import ast
from collections.abc import Iterable
from typing import Any

_USES = frozenset(
    """
    open tempfile tmp_path tmpdir tmp_path_factory write_text write_bytes read_text read_bytes mkdir makedirs chdir
    exists isfile isdir listdir remove unlink glob rglob iterdir walk scandir rmtree getsize touch
    """.split()  # noqa: SIM905 - quoted names would read worse
)
_RUNS_WHAT_IT_READS = frozenset(
    """
    pickle shelve marshal dill joblib cloudpickle read_pickle allow_pickle runpy import_module reload syspath_prepend
    spec_from_file_location exec eval full_load unsafe_load UnsafeLoader
    """.split()  # noqa: SIM905
)
_NO_FILES = frozenset(("symlink", "symlink_to", "readlink", "islink", "is_symlink", "mkfifo"))
_READS = frozenset(
    """
    open read readline readlines read_text read_bytes load reader DictReader listdir iterdir glob rglob walk scandir
    stat getsize read_csv loadtxt fromfile digest
    """.split()  # noqa: SIM905
)


def shares_files(trees: Iterable[ast.Module]) -> bool:
    """True if the tests make or read files, which a program in another process does not see by itself."""
    return any(_names(tree) & _USES for tree in trees)


def why_not_shared(trees: Iterable[ast.Module]) -> str:
    """The reason why files of a program must not reach these tests; empty where there is none."""
    for tree in trees:
        names = _names(tree)
        if names & _RUNS_WHAT_IT_READS or any(map(_is_search_path, ast.walk(tree))):
            return "the tests share files with the program and run what they read"
        if names & _NO_FILES:
            return "the tests share links with the program"
    return ""


def _is_search_path(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "path" and getattr(node.value, "id", "") == "sys"


def _names(tree: ast.AST) -> set[str]:
    """All names in a text: variables, attributes, arguments, keywords, imports."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, (ast.arg, ast.keyword)):
            found.add(str(node.arg))
        elif isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.update(node.module.split("."))
    return found


def compared_files(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Names and texts that stand for files which the tests compare with each other, as in `cmp(a, b)`.

    A program that changes one of them could make it the same as the other. Files that are compared with themselves, as
    they were before, and with values are not meant.
    """
    found: set[str] = set()
    for tree in trees:
        read = _ReadNames(tree)
        for node in ast.walk(tree):
            sides: list[ast.expr] = []
            if isinstance(node, ast.Compare):
                sides = [node.left, *node.comparators]
            elif isinstance(node, ast.Call) and _called(node) == "cmp":
                found |= set().union(*map(_stands_for, node.args))
            elif isinstance(node, ast.Call) and _called(node).startswith("assert"):
                sides = node.args[:2]
            files = [sources for sources in map(read.files, sides) if sources]
            if len(files) > 1 and any(other != files[0] for other in files):
                found |= set().union(*files)
    return frozenset(found)


class _ReadNames:
    """Variables that hold what was read from files, and the names and texts that stand for these files."""

    def __init__(self, tree: ast.AST) -> None:
        self._bound: dict[str, set[str]] = {}
        for _ in range(3):  # as long as what was read goes from name to name
            for node in ast.walk(tree):
                if isinstance(node, ast.Assign):
                    self._bind(node.targets, node.value)
                elif isinstance(node, (ast.With, ast.AsyncWith)):
                    for item in node.items:
                        self._bind([item.optional_vars], item.context_expr)
                elif isinstance(node, (ast.For, ast.comprehension)):
                    self._bind([node.target], node.iter)

    def _bind(self, targets: list[Any], value: ast.expr) -> None:
        files = self.files(value)
        for target in targets if files else ():
            for node in ast.walk(target) if target is not None else ():
                if isinstance(node, ast.Name):
                    self._bound.setdefault(node.id, set()).update(files)

    def files(self, node: ast.expr) -> set[str]:
        """Names and texts of the files that were read for a value; empty where none was."""
        found: set[str] = set()
        for part in ast.walk(node):
            if isinstance(part, ast.Call) and _called(part) in _READS:
                found |= _stands_for(part)
            elif isinstance(part, ast.Name) and part.id in self._bound:
                found |= self._bound[part.id]
        return found - self._bound.keys()


def _called(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")


def _stands_for(node: ast.AST) -> set[str]:
    """Names, attributes of `self`, and texts in an expression, but for the functions and modes that are known."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in ("self", "cls"):
            found.add(f"self.{part.attr}")
        elif isinstance(part, ast.Name) and part.id not in _READS:
            found.add(part.id)
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) > 2:
            found.add(part.value)
    return found - {"os", "path", "Path", "pathlib", "json", "csv", "self", "utf-8", "sorted", "len", "list"}
