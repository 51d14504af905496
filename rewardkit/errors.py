"""Every error that rewardkit raises on purpose. Each message names the culprit, what was found and the fix.

    RewardkitError
    ├── ConfigError                a rubric, a parameter or an option is wrong            exit code 2
    │   ├── UnknownRewardError     no installed plugin has a reward of that name
    │   └── PluginError            a plugin that was asked for does not load, or two claim one name
    ├── InputError                 a row or a file that does not fit: file, line, field   exit code 2
    ├── OutputError                the output cannot be written                           exit code 2
    └── InfrastructureError        our own machinery broke: workers, sandbox              exit code 3

A judge that fails on one sample raises none of these: it becomes a `failed` score (see `rewardkit.score`).
"""


class RewardkitError(Exception):
    """Base of everything that rewardkit raises on purpose."""

    exit_code = 2


class ConfigError(RewardkitError):
    """A rubric, a parameter or an option is wrong."""


class UnknownRewardError(ConfigError):
    """No installed plugin has a reward of that name."""


class PluginError(ConfigError):
    """A plugin that was asked for does not load, or two of them claim one name."""


class InputError(RewardkitError):
    """A row or a file does not fit; the message names file, line and field."""


class OutputError(RewardkitError):
    """The output cannot be written."""


class InfrastructureError(RewardkitError):
    """Our own machinery broke: workers that do not start, a sandbox that is not there."""

    exit_code = 3
