"""The commands `rewardkit` and `rk`, in a package of their own.

harbor-rewardkit installs an import package and a command that are both called `rewardkit`. pip lets each overwrite the
files of the other, and says nothing. So our commands look whose package it is before they import it; `rk` is a name
that the other one does not take.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

NAMESAKE = "harbor-rewardkit"
FIX = f"pip uninstall -y {NAMESAKE} && pip install --force-reinstall --no-deps rewardkit"
BOTH = f"uv tool install {NAMESAKE}"

_OURS = "Scorer"
"""A public name of ours that no other package of the name has."""


def main() -> None:
    """Runs the command line, or says who answers to its name.

    Exit code 2 if it is another package.
    """
    if fault := replaced():
        sys.stderr.write(f"rewardkit: {fault}\n")
        sys.exit(2)
    from rewardkit.cli import main as run  # noqa: PLC0415 - only now is it known to be ours

    run()


def replaced() -> str:
    """The fault where `import rewardkit` would give another package, with its fix; empty where it gives ours."""
    spec = find_spec("rewardkit")
    origin = spec.origin if spec else None
    if origin and _OURS in Path(origin).read_text(encoding="utf-8", errors="replace"):
        return ""
    where = origin or "the package 'rewardkit'"
    return (
        f"{where} is not ours: {NAMESAKE} or another distribution has replaced our files.\n"
        f"  to have ours back:  {FIX}\n"
        f"  to have both:       do that, and keep the other one apart: {BOTH}"
    )
