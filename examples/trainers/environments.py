"""Runs the tests of `trainers.toml`, each in an environment of its own: `python environments.py [NAME …]`.

An environment stands on this one, whose packages it sees, and gets the trainer on top; one of another Python gets
everything anew. It is kept in `.venvs/` and used again.
"""

import os
import subprocess
import sys
import sysconfig
import tomllib
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
TABLE: dict[str, dict[str, Any]] = tomllib.loads((HERE / "trainers.toml").read_text(encoding="utf-8"))


def environment(name: str, trainer: dict[str, Any]) -> Path:
    """The Python of a trainer's environment, made where it is not there yet, with this checkout as it is now."""
    folder = ROOT / ".venvs" / name.replace(" ", "-")
    python, made = folder / "bin" / "python", folder / "made"
    packages = [trainer.get("no_deps", []), trainer.get("install", [])]
    options = trainer.get("pip", [])
    wanted = trainer.get("python")
    other = wanted is not None and wanted != f"{sys.version_info.major}.{sys.version_info.minor}"
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if not made.exists() or made.read_text() != repr(packages):
        subprocess.run(
            [f"python{wanted}" if other else sys.executable, "-m", "venv", "--clear", str(folder)], check=True
        )
        if other:
            subprocess.run([*install, str(ROOT), "pytest"], check=True)
        else:  # a line of a .pth file is a folder of packages
            asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
            found = subprocess.run(asked, check=True, capture_output=True, text=True)
            folders = [sysconfig.get_path("purelib"), *_further()]
            Path(found.stdout.strip(), "zz_base.pth").write_text("\n".join(folders) + "\n")
        for deps, names in (("--no-deps", packages[0]), ("--upgrade-strategy=only-if-needed", packages[1])):
            if names:
                subprocess.run([*install, *options, deps, *names], check=True)
        made.write_text(repr(packages))
    subprocess.run([*install, "--no-deps", "--force-reinstall", str(ROOT)], check=True)
    return python


def _further() -> list[str]:
    """Folders of packages that this environment stands on itself."""
    return [path for path in sys.path if path.endswith("site-packages") and path != sysconfig.get_path("purelib")]


def main(names: list[str]) -> int:
    unknown = [name for name in names if "tests" not in TABLE.get(name, {})]
    if unknown:
        sys.exit(f"{unknown[0]}: no such test; there are {', '.join(n for n, t in TABLE.items() if 'tests' in t)}")
    failed = []
    for name, trainer in TABLE.items():
        if "tests" not in trainer or (names and name not in names):
            continue
        print(f"== {name} {trainer['version']}", flush=True)
        command = [str(environment(name, trainer)), "-m", "pytest", "-q", "-W", "ignore", "-p", "no:cacheprovider"]
        variables = {**os.environ, "REWARDKIT_RECIPES": name, "HF_HUB_OFFLINE": "1"}
        if subprocess.run([*command, *trainer["tests"]], cwd=ROOT, env=variables, check=False).returncode:
            failed.append(name)
    print(f"failed: {', '.join(failed)}" if failed else "all trainers passed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
