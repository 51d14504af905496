"""Packages that a rubric or a reward cannot do without: looked for before the first row, never found missing in one.

requires: {rewardkit-brevity: ">=1.2", sacrebleu: ""}      of a rubric
requires = ("sacrebleu>=2.4",)                             of a reward
"""

from collections.abc import Iterable, Mapping
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from rewardkit.errors import ConfigError

_DISTRIBUTION_OF = {
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python-headless",
    "dateutil": "python-dateutil",
    "Levenshtein": "levenshtein",
    "PIL": "pillow",
    "sklearn": "scikit-learn",
    "skimage": "scikit-image",
    "yaml": "PyYAML",
}
"""Distributions whose module has another name, for the command that installs them."""


def known_ranges(requires: Mapping[str, str]) -> Mapping[str, str]:
    """The same ranges of versions, checked.

    raises  ValueError for what is not one
    """
    for name, wanted in requires.items():
        try:
            SpecifierSet(wanted)
            Requirement(f"{name}{wanted}")
        except (InvalidSpecifier, InvalidRequirement):
            found = f"{name}: {wanted}"
            raise ValueError(f"{found!r} is not a range of versions; write >=1.2, ==1.2.*, or '' for any") from None
    return requires


def require(needs: Iterable[str], where: str) -> None:
    """Looks for packages.

    needs   each as pip reads it: `sacrebleu>=2.4`
    raises  ConfigError that says what is there, and the pip command
    """
    lacking = {need: fault for need in dict.fromkeys(needs) if (fault := _fault(Requirement(need)))}
    if lacking:
        found = "; ".join(lacking.values())
        command = " ".join(f"'{need}'" for need in lacking)
        raise ConfigError(f"{where} needs packages: {found}. Fix: pip install {command}")


def _fault(need: Requirement) -> str:
    if need.marker is not None and not need.marker.evaluate():
        return ""
    try:
        version = metadata.version(need.name)
    except metadata.PackageNotFoundError:
        return f"{need.name} is not installed"
    if need.specifier.contains(version, prereleases=True):
        return ""
    return f"{need.name} {need.specifier} is wanted, {version} is installed"


def is_installed(distribution: str) -> bool:
    """True for a distribution that is there in any version."""
    return not _fault(Requirement(distribution))


def fix_of(error: BaseException) -> str:
    """The pip command for a module that is missing; empty for any other error."""
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return ""
    module = error.name.partition(".")[0]
    return f"pip install {_DISTRIBUTION_OF.get(module, module)}"
