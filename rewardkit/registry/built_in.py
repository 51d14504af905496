"""Where the built-in rewards and commands are found.

A table instead of the metadata of installed distributions, so that nothing on the path can take a built-in's place or
hide it, and so that `rewardkit --help` and `rewardkit plugins` import no plugin. Loading goes through the same hooks as
for anybody else's plugin. `tests/core/test_registry.py` holds each entry to what the plugin says itself.
"""

import sys
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

DISTRIBUTION = "rewardkit"
"""The distribution that built-ins belong to; no other may call itself so."""

ROOT = Path(__file__).parents[2]
FOLDERS = (ROOT, ROOT / "plugins", ROOT / "sandbox", ROOT / "trainer_adapters")
"""Where our packages are: beside this one when installed, in these folders in a checkout."""


class BuiltInReward(NamedTuple):
    """A reward of ours, before it is imported."""

    package: str
    description: str


class BuiltInCommand(NamedTuple):
    """A command that one of our packages brings, before it is imported."""

    app: str
    """`module:attribute`, a `typer.Typer`."""
    help: str


REWARDS: dict[str, BuiltInReward] = {
    "math": BuiltInReward("rewardkit_math", "1 if the final answer equals the ground truth."),
    "math_verify": BuiltInReward("rewardkit_math", "1 if Math-Verify finds the answer equal."),
    "code": BuiltInReward("rewardkit_code", "1 if the program passes its tests, run in a sandbox."),
    "sql": BuiltInReward("rewardkit_sql", "1 if the query gives the reference's rows."),
    "format": BuiltInReward("rewardkit_format", "1 if reasoning and answer stand in their tags."),
    "language": BuiltInReward("rewardkit_language", "The share of words in the target language."),
    "multiple_choice": BuiltInReward("rewardkit_answers", "1 if the right option is chosen."),
    "qa": BuiltInReward("rewardkit_answers", "Exact match or F1 with one of the references."),
    "json_schema": BuiltInReward("rewardkit_json_schema", "1 if the answer is JSON that fits a schema."),
    "instruction_following": BuiltInReward("rewardkit_instructions", "1 if every checkable instruction is followed."),
    "tool_calls": BuiltInReward("rewardkit_tool_calls", "1 if exactly the right tools are called."),
    "reward_model": BuiltInReward("rewardkit_preference", "The logit of a reward model from transformers."),
    "reward_endpoint": BuiltInReward("rewardkit_preference", "The number of a reward model behind a URL."),
    "judge_model": BuiltInReward("rewardkit_preference", "The verdict of a model behind an endpoint."),
    "length_cosine": BuiltInReward("rewardkit_shaping", "A cosine of the length, for right and wrong answers."),
    "length_overlong": BuiltInReward("rewardkit_shaping", "DAPO's penalty near the token limit, down to -1."),
    "length_relative": BuiltInReward("rewardkit_shaping", "Shorter than the rest of the group is better."),
    "length_target": BuiltInReward("rewardkit_shaping", "The distance from the length that was asked for."),
    "paragraphs": BuiltInReward("rewardkit_shaping", "1 if the number of paragraphs is in a range."),
    "reflection": BuiltInReward("rewardkit_shaping", "The share of reasoning that reflects on itself."),
    "repetition": BuiltInReward("rewardkit_shaping", "A penalty for repeated n-grams, down to -1."),
    "truncation": BuiltInReward("rewardkit_shaping", "-1 if the token limit cut the completion off."),
}
"""By name. The description is the one of the list; `rewardkit plugins NAME` shows the reward's own."""

PACKAGES = frozenset(reward.package for reward in REWARDS.values())

COMMANDS: dict[str, BuiltInCommand] = {
    "sandbox": BuiltInCommand(
        "rewardkit_code.commands:app", "Build what programs may use: packages, or an image for Docker."
    ),
    "train": BuiltInCommand("rewardkit_trainers.train.command:app", "Train a model with GRPO by a rubric."),
    "serve": BuiltInCommand("rewardkit_server.command:app", "Serve rewards by HTTP, to every trainer."),
    "serve-openrlhf": BuiltInCommand("rewardkit_server.command:openrlhf_app", "Serve rewards to OpenRLHF."),
}


def load(package: str) -> ModuleType:
    """The package of ours beside this one, also if a namesake elsewhere on the path would hide it.

    raises  ImportError if it is not there, or a namesake was imported before; and what importing it raises
    """
    folder = next((folder for folder in FOLDERS if (folder / package / "__init__.py").is_file()), None)
    if folder is None:
        raise ImportError(f"{DISTRIBUTION} was installed without its package {package!r}")
    spec = find_spec(package)
    if spec is None or _folder_of(spec.origin) != folder.resolve():
        sys.path.insert(0, str(folder))
    module = import_module(package)
    if _folder_of(module.__file__) != folder.resolve():
        raise ImportError(f"{module.__file__} has its name and was imported before it")
    return module


def _folder_of(file: str | None) -> Path | None:
    """The folder that the package with this `__init__.py` is in."""
    return None if file is None else Path(file).resolve().parents[1]


def version() -> str:
    """The version of this installation; `?` for a checkout that was never installed."""
    try:
        return metadata.version(DISTRIBUTION)
    except metadata.PackageNotFoundError:
        return "?"
