"""All that decides a judgement by a rubric, so that two processes can tell whether they would judge alike.

Not covered: modules that a plugin file imports, the versions of what a reward stands on, and what a model or a service
behind a reward answers.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.errors import ConfigError
from rewardkit.registry import built_in
from rewardkit.rewards.interface import API_VERSION
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric

Identity = Mapping[str, Any]
"""Plain JSON data, equal where two rubrics judge alike."""


def identity_of(rubric: Rubric, steps: Sequence[Step], files: Sequence[Path]) -> Identity:
    """The identity of a rubric with its rewards.

    steps   its rewards, found
    files   local files that bring rewards
    raises  ConfigError where a reward is a Python function or class, which has no identity elsewhere
    """
    functions = [alias for alias, config in rubric.rewards.items() if callable(config.reward)]
    if functions:
        raise ConfigError(
            f"{rubric.where}: {', '.join(functions)}: Python functions and classes cannot be sent to a server; "
            "put them into a plugin file, and start the server with --plugin FILE"
        )
    found = {step.alias: step.installed for step in steps}
    content = rubric.model_dump(mode="json", exclude={"plugins": True, "rewards": {"__all__": {"reward"}}})
    return {
        "api_version": API_VERSION,
        "rewardkit": built_in.version(),
        "order": list(rubric.rewards),
        "rewards": {alias: f"{found[alias].qualified_name} {found[alias].version}" for alias in rubric.rewards},
        "plugins": {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files},
        "rubric": content,
    }


def hash_of(identity: Identity) -> str:
    """The SHA-256 of an identity."""
    written = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def differences(here: Any, there: Any, path: str = "") -> Iterator[str]:
    """A line for each place where two identities differ: `rubric.rewards.math.weight: here 1.0, there 0.5`."""
    if isinstance(here, Mapping) and isinstance(there, Mapping):
        for name in [*here, *(name for name in there if name not in here)]:
            place = f"{path}.{name}" if path else str(name)
            if name not in there:
                yield f"{place}: here {_shown(here[name])}, there nothing"
            elif name not in here:
                yield f"{place}: here nothing, there {_shown(there[name])}"
            else:
                yield from differences(here[name], there[name], place)
    elif here != there:
        yield f"{path}: here {_shown(here)}, there {_shown(there)}"


def _shown(value: Any) -> str:
    return f"{json.dumps(value):.120}"
