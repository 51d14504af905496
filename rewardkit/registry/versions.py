"""The versions of what is installed."""

import re
from collections.abc import Iterable
from importlib import metadata


def versions(distributions: Iterable[str], *, extras: bool = False) -> dict[str, str]:
    """The versions of installed distributions and of what they ask for.

    extras  also of what their extras ask for, where it is installed
    """
    found = {}
    for name in distributions:
        try:
            distribution = metadata.distribution(name)
        except (metadata.PackageNotFoundError, ValueError):  # a local file, or a checkout
            continue
        found[name] = distribution.version
        for requirement in distribution.requires or ():
            needed = re.match(r"[\w.-]+", requirement)
            if needed and (extras or "extra ==" not in requirement):
                try:
                    found[needed[0]] = metadata.version(needed[0])
                except metadata.PackageNotFoundError:
                    continue
    return dict(sorted(found.items()))
