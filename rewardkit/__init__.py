r"""The reward layer for reinforcement learning with verifiable rewards.

    from rewardkit import Scorer

    with Scorer("rubric.yaml") as scorer:
        results = scorer.score([{"completion": r"So it is \boxed{4}.", "ground_truth": "4"}])

Names are imported when they are first used, so that `rewardkit --help` need not load what it does not show.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rewardkit.choices import labelled_choice as labelled_choice
    from rewardkit.choices import stated_choice as stated_choice
    from rewardkit.codec import from_block as from_block
    from rewardkit.codec import to_block as to_block
    from rewardkit.comparison.compare import Comparison as Comparison
    from rewardkit.comparison.compare import diff as diff
    from rewardkit.errors import ConfigError as ConfigError
    from rewardkit.errors import InfrastructureError as InfrastructureError
    from rewardkit.errors import InputError as InputError
    from rewardkit.errors import OutputError as OutputError
    from rewardkit.errors import PluginError as PluginError
    from rewardkit.errors import RewardkitError as RewardkitError
    from rewardkit.errors import UnknownRewardError as UnknownRewardError
    from rewardkit.hooks import Finding as Finding
    from rewardkit.hooks import hookimpl as hookimpl
    from rewardkit.markdown import FencedBlock as FencedBlock
    from rewardkit.markdown import fenced_blocks as fenced_blocks
    from rewardkit.message import Message as Message
    from rewardkit.output.unjudged import UnjudgedWarning as UnjudgedWarning
    from rewardkit.pipeline import Scorer as Scorer
    from rewardkit.reasoning.formats import REASONING_FORMATS as REASONING_FORMATS
    from rewardkit.reasoning.formats import ReasoningFormat as ReasoningFormat
    from rewardkit.reasoning.harmony import harmony_messages as harmony_messages
    from rewardkit.reasoning.split import Parts as Parts
    from rewardkit.reasoning.split import ReasoningTags as ReasoningTags
    from rewardkit.reasoning.split import find_format as find_format
    from rewardkit.reasoning.split import split_reasoning as split_reasoning
    from rewardkit.reasoning.tokens import leading_tokens as leading_tokens
    from rewardkit.reasoning.tokens import strip_end_tokens as strip_end_tokens
    from rewardkit.remote.client import Client as Client
    from rewardkit.rewards.function import reward as reward
    from rewardkit.rewards.interface import API_VERSION as API_VERSION
    from rewardkit.rewards.interface import Reward as Reward
    from rewardkit.rewards.interface import RewardContext as RewardContext
    from rewardkit.rewards.interface import RewardParams as RewardParams
    from rewardkit.rubrics.rubric import Limits as Limits
    from rewardkit.rubrics.rubric import RewardConfig as RewardConfig
    from rewardkit.rubrics.rubric import Rubric as Rubric
    from rewardkit.sample import Sample as Sample
    from rewardkit.sample import Turn as Turn
    from rewardkit.score import Result as Result
    from rewardkit.score import Score as Score
    from rewardkit.selection.select import Selected as Selected
    from rewardkit.selection.select import select as select
    from rewardkit.workers.processors import default_workers as default_workers

_PUBLIC = {
    "choices": ("labelled_choice", "stated_choice"),
    "comparison.compare": ("Comparison", "diff"),
    "codec": ("from_block", "to_block"),
    "errors": (
        "ConfigError",
        "InfrastructureError",
        "InputError",
        "OutputError",
        "PluginError",
        "RewardkitError",
        "UnknownRewardError",
    ),
    "hooks": ("Finding", "hookimpl"),
    "output.unjudged": ("UnjudgedWarning",),
    "markdown": ("FencedBlock", "fenced_blocks"),
    "pipeline": ("Scorer",),
    "remote.client": ("Client",),
    "rewards.function": ("reward",),
    "rewards.interface": ("API_VERSION", "Reward", "RewardParams", "RewardContext"),
    "rubrics.rubric": ("Limits", "RewardConfig", "Rubric"),
    "message": ("Message",),
    "sample": ("Sample", "Turn"),
    "score": ("Result", "Score"),
    "selection.select": ("Selected", "select"),
    "workers.processors": ("default_workers",),
    "reasoning.formats": ("REASONING_FORMATS", "ReasoningFormat"),
    "reasoning.harmony": ("harmony_messages",),
    "reasoning.split": ("Parts", "ReasoningTags", "find_format", "split_reasoning"),
    "reasoning.tokens": ("leading_tokens", "strip_end_tokens"),
}
_MODULE_OF = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted(_MODULE_OF)  # noqa: PLE0605 - a test holds the imports above to it


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'rewardkit' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rewardkit.{_MODULE_OF[name]}"), name)
    return value


def __dir__() -> list[str]:
    return __all__
