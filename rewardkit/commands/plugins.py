"""`rewardkit plugins`: which rewards there are, from where, and with which parameters.

The list imports nothing but files given by `--plugin`; one reward, `--json` and `--all` import the plugins.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rewardkit.commands.options import PluginsOptions
from rewardkit.commands.plain import aligned, write
from rewardkit.registry import built_in
from rewardkit.registry.discovery import PLUGINS, Problem, offers
from rewardkit.text import printable

if TYPE_CHECKING:
    from rewardkit.registry.loading import InstalledReward


def run(options: PluginsOptions) -> int:
    """Prints the rewards; what is wrong with a plugin goes to standard error. Returns the exit code."""
    if options.verify:
        from rewardkit.commands import verify  # noqa: PLC0415 - as below

        return verify.run(options)
    _run(options)
    return 0


def _run(options: PluginsOptions) -> None:
    if options.name is None and not (options.json or options.all or options.plugins):
        _print_list()
        return
    from rewardkit.commands import console  # noqa: PLC0415 - rich and pydantic, which the list does without
    from rewardkit.registry.registry import load_registry  # noqa: PLC0415

    registry = load_registry(options.plugins)
    if options.name is not None:
        reward = registry.get(options.name)
        console.json(_as_dict(reward)) if options.json else _print_one(reward)
        return
    registry.load_built_ins()
    if options.all:
        registry.load_distributions(None)
    _warn(registry.problems)
    others = [{"name": offer.point.name, "distribution": offer.distribution} for offer in registry.not_loaded]
    if options.json:
        problems = [{"plugin": p.plugin, "found": p.found, "fix": p.fix} for p in registry.problems]
        rewards = [_as_dict(reward) for reward in registry.rewards]
        console.json({"rewards": rewards, "not_loaded": others, "problems": problems})
        return
    rows = [(r.name, f"{r.distribution} {r.version}", r.description) for r in registry.rewards]
    _print_rows([*rows, *((other["name"], other["distribution"], _NOT_LOADED) for other in others)])


_NOT_LOADED = "(not loaded: `rewardkit plugins NAME` shows it)"


def _print_list() -> None:
    offered, problems = offers(PLUGINS)
    _warn(problems)
    ours = f"{built_in.DISTRIBUTION} {built_in.version()}"
    rows = [(name, ours, reward.description) for name, reward in built_in.REWARDS.items()]
    _print_rows([*rows, *((o.point.name, f"{o.distribution} {o.version}", _NOT_LOADED) for o in offered)])
    write("\n`rewardkit plugins NAME` shows one with its parameters.\n")


def _warn(problems: Sequence[Problem]) -> None:
    for problem in problems:
        with suppress(OSError):  # a full standard error ends no list
            sys.stderr.write(f"{printable(str(problem))}\n")


def _print_rows(rows: Sequence[tuple[str, str, str]]) -> None:
    write(aligned([("reward", "from", "about"), *rows]))


def _print_one(reward: "InstalledReward") -> None:
    """One reward: its description, then each parameter with type, default and meaning."""
    from rich.padding import Padding  # noqa: PLC0415

    from rewardkit.commands import console  # noqa: PLC0415

    screen = console.console()
    about = _as_dict(reward)
    origin = f"{reward.distribution} {reward.version}"
    screen.print(f"[bold]{console.safe(reward.name)}[/], from {console.safe(origin)}", soft_wrap=True)
    screen.print(console.safe_block(about["text"] or "(no description)"))
    names = ", ".join(reward.reward.reads)
    screen.print(f"\nsees: {reward.reward.sees}; reads: {console.safe(names) or 'any field'}")
    if not about["params"]:
        screen.print("parameters: none")
        return
    screen.print("parameters:")
    required = reward.reward.Params.model_json_schema().get("required", ())
    for name, param in about["params"].items():
        default = f" = {param['default']!r}" if "default" in param else " (required)" if name in required else ""
        screen.print(f"  [bold]{console.safe(name)}[/]: {console.safe(_type(param) + default)}", soft_wrap=True)
        if "description" in param:
            screen.print(Padding(console.safe(" ".join(param["description"].split())), (0, 0, 0, 6)))


def _type(param: dict[str, Any]) -> str:
    """The type of a parameter, out of its JSON Schema."""
    if "enum" in param or "const" in param:
        return " | ".join(map(repr, param.get("enum", [param.get("const")])))
    if branches := param.get("anyOf") or param.get("allOf"):
        return " | ".join(dict.fromkeys(map(_type, branches)))
    if "$ref" in param:
        return str(param["$ref"]).rpartition("/")[2]
    return str(param.get("type", "any"))


def _as_dict(installed: "InstalledReward") -> dict[str, Any]:
    import inspect  # noqa: PLC0415 - slow to import, and the list does without

    params = installed.reward.Params.model_json_schema()
    return {
        "name": installed.name,
        "distribution": installed.distribution,
        "version": installed.version,
        "qualified_name": installed.qualified_name,
        "description": installed.description,
        "text": inspect.getdoc(installed.reward) or "",
        "params": params.get("properties", {}),
    }
