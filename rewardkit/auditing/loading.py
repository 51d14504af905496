"""Attacks of other people: from a Python file, or from an installed distribution.

    # my_attacks.py
    import rewardkit
    from rewardkit.auditing import Attack

    @rewardkit.hookimpl
    def rewardkit_attacks():
        return [Attack("apology", "An apology.", lambda task: ["Sorry!"])]

`--attack my_attacks.py`; a distribution names such a module in the entry-point group `rewardkit.attacks`.
"""

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pluggy

from rewardkit import hooks
from rewardkit.auditing.attack import Attack
from rewardkit.errors import PluginError
from rewardkit.registry.discovery import offers
from rewardkit.registry.loading import ask, load_file, message_of, third_party_code
from rewardkit.suggestions import nearest

GROUP = "rewardkit.attacks"
HOOK = "rewardkit_attacks"


def attacks_named(names: Sequence[str]) -> list[Attack]:
    """The attacks of files and entry points.

    raises  PluginError for what does not load, or brings none
    """
    return [attack for name in names for attack in attacks_of(_module(name), name)]


def attacks_of(module: object, name: str) -> list[Attack]:
    """The attacks that a module brings by its hook.

    raises  PluginError
    """
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    try:
        with third_party_code():
            manager.register(module)
            found = ask(manager, module, HOOK)
    except Exception as error:
        raise PluginError(f"--attack {name}: its hook {HOOK} did not work: {message_of(error)}; correct it") from error
    if wrong := [one for one in found if not isinstance(one, Attack)]:
        raise PluginError(f"--attack {name}: {HOOK} returned {wrong[0]!r:.80}; return a list of Attack")
    if not found:
        raise PluginError(f"--attack {name}: it brings no attack; define {HOOK} with @rewardkit.hookimpl")
    return found


def _module(name: str) -> object:
    if name.endswith(".py") or Path(name).is_file():
        return load_file(Path(name))
    offered = {offer.point.name: offer for offer in offers(GROUP)[0]}
    if (offer := offered.get(name)) is None:
        raise PluginError(f"--attack {name}: no file and no installed plugin of that name{nearest(name, offered)}")
    try:
        with third_party_code():
            return import_module(offer.point.module)
    except Exception as error:
        raise PluginError(f"--attack {name}: it did not import: {message_of(error)}; {offer.fix}") from error
