"""Which plugins and commands other distributions offer: read from their metadata, nothing imported.

An entry point `NAME = "module"` in the group `rewardkit` offers the reward NAME; `NAME = "module:app"` in the group
`rewardkit.commands` the command NAME. A distribution whose metadata cannot be read is a Problem, and stops nothing.
"""

import re
from dataclasses import dataclass
from importlib import metadata

from rewardkit.registry.built_in import DISTRIBUTION

PLUGINS = "rewardkit"
COMMANDS = "rewardkit.commands"
"""Groups of entry points."""


@dataclass(frozen=True)
class Problem:
    """A plugin, or one thing in it, that was left out."""

    plugin: str
    found: str
    fix: str

    def __str__(self) -> str:
        return f"plugin {self.plugin}: {self.found}; {self.fix}"


@dataclass(frozen=True)
class Offer:
    """An entry point of a distribution, not imported."""

    distribution: str
    """Normalised name."""
    version: str
    point: metadata.EntryPoint

    @property
    def plugin_name(self) -> str:
        """Name of the plugin in messages: `dist-name:entry-point`."""
        return f"{self.distribution}:{self.point.name}"

    @property
    def fix(self) -> str:
        """The fix if it does not load."""
        return f"update or uninstall {self.distribution!r}"


def normalised(distribution: str) -> str:
    """The name of a distribution in the spelling that the package index compares (PEP 503)."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def offers(group: str) -> tuple[list[Offer], list[Problem]]:
    """The entry points of a group, of all distributions but our own, in order of their names.

    Of two distributions with one name the first on the path counts, as for an import.
    """
    found: dict[str, list[Offer]] = {}
    problems: list[Problem] = []
    for distribution in metadata.distributions():
        place = str(getattr(distribution, "_path", "a distribution"))  # no public name for the folder of the metadata
        try:
            points = [point for point in distribution.entry_points if point.group == group]
        except Exception as error:  # noqa: BLE001 - a file that anybody wrote
            problems.append(Problem(place, f"its entry points cannot be read: {error}", "reinstall it"))
            continue
        if not points:
            continue
        try:
            name, version = normalised(distribution.metadata["Name"]), distribution.version
        except Exception:  # noqa: BLE001 - no METADATA, or one without a name
            problems.append(Problem(place, "it has no readable METADATA", "reinstall it or remove that folder"))
            continue
        if name == DISTRIBUTION:
            used = "and built-in plugins are not found by metadata; its entry points are left out"
            problems.append(Problem(place, f"it calls itself {DISTRIBUTION!r}, {used}", "remove that folder"))
            continue
        found.setdefault(name, [Offer(name, version, point) for point in points])
    offered = [offer for of_one in found.values() for offer in of_one]
    return sorted(offered, key=lambda offer: (offer.distribution, offer.point.name, offer.point.value)), problems
