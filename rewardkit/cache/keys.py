"""All that decides a score, as a secret: equal where a reward would judge alike, and known only to who has the sample.

    secret of a question  =  hash of the key of the reward, and of each sample as the reward sees it
    key of a reward       =  hash of its name, version, parameters and limits, the source it runs, the versions of what
                             that stands on, and what it says that it judges with: a model, an image

Where something cannot be told apart exactly there is no key, and nothing is kept: a reward that is a Python function,
one that is not deterministic, a sample that holds more than plain data.
"""

import hashlib
import importlib.util
import json
import logging
import marshal
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.codec import VERSION, score_fields
from rewardkit.message import Message
from rewardkit.registry import built_in
from rewardkit.registry.loading import IN_PYTHON, LOCAL_FILE, InstalledReward
from rewardkit.registry.versions import versions
from rewardkit.rewards.interface import API_VERSION
from rewardkit.rubrics.resolution import Step
from rewardkit.rubrics.rubric import Rubric
from rewardkit.sample import Sample
from rewardkit.score import Score

log = logging.getLogger("rewardkit")

HASH_BYTES = 32

_OURS = ("rewardkit", "rewardkit_sandbox")
"""Packages that take part in every judgement."""

_NOT_SEEN = {"needed"}
"""Fields of a Sample that differ from reward to reward."""

_FIELDS = tuple(name for name in Sample.model_fields if name not in _NOT_SEEN)

# Version 2 of the format writes no references, so that equal values are written alike.
_MARSHAL = 2


def reward_keys(rubric: Rubric, steps: Sequence[Step]) -> dict[str, bytes | None]:
    """The key of each reward by its alias; None where its scores are not to be kept."""
    ours = [_hash_of_folder(_folder_of(package)) for package in _OURS]
    return {step.alias: _reward_key(rubric, step, ours) for step in steps}


def _reward_key(rubric: Rubric, step: Step, ours: Sequence[str]) -> bytes | None:
    reward, installed = step.installed.reward, step.installed
    if installed.distribution == IN_PYTHON or not reward.deterministic(step.params):
        return None
    context = rubric.context_of(step.alias)
    try:
        judged_with = dict(reward.provenance(step.params, context))
        written = json.dumps(
            {
                "versions": [VERSION, API_VERSION, platform.python_version(), built_in.version()],
                "reward": [installed.name if installed.version == LOCAL_FILE else installed.qualified_name],
                "stands_on": versions({installed.distribution, built_in.DISTRIBUTION}, extras=True),
                "sources": [*ours, _hash_of_source(installed)],
                "params": step.params.model_dump(mode="json"),
                "context": context.model_dump(mode="json"),
                "judged_with": judged_with,
            },
            sort_keys=True,
        )
    except Exception as error:  # noqa: BLE001 - a third party's code; without a key nothing is kept
        log.warning("no score of %r is cached: %s: %s", step.alias, type(error).__name__, error)
        return None
    return hashlib.blake2b(written.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def _hash_of_source(installed: InstalledReward) -> str:
    """A hash of the package that a reward is in; of a local file, with the modules beside it."""
    if installed.version == LOCAL_FILE:
        return _hash_of_files(sorted(Path(installed.distribution).resolve().parent.glob("*.py")))
    return _hash_of_folder(_folder_of(installed.reward.__module__.partition(".")[0]))


def _folder_of(package: str) -> Path | None:
    """The folder of an importable package, or the file of a module; None for what has neither."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return None
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin


def _hash_of_folder(place: Path | None) -> str:
    """A hash of a file, or of all files in a folder but those that Python makes itself."""
    if place is None or place.is_file():
        return _hash_of_files([place] if place else [])
    return _hash_of_files(sorted(file for file in place.rglob("*") if "__pycache__" not in file.parts))


def _hash_of_files(files: Iterable[Path]) -> str:
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    for file in files:
        if file.is_file():
            content = hashlib.blake2b(file.read_bytes()).digest()
            digest.update(marshal.dumps((file.name, content), _MARSHAL))
    return digest.hexdigest()


def sample_digest(sample: Sample) -> bytes | None:
    """A hash of all that a sample holds; None where that is more than plain data."""
    return _digest([_plain(getattr(sample, name)) for name in _FIELDS])


def _plain(value: Any) -> Any:
    """Messages as plain data; all else as it is."""
    if isinstance(value, tuple):
        return tuple(_plain(one) for one in value)
    if isinstance(value, Message):
        return value.model_dump()
    return value.model_dump() if hasattr(value, "model_dump") else value


def _digest(value: Any) -> bytes | None:
    try:
        written = marshal.dumps(value, _MARSHAL)
    except ValueError:  # of another type, or too deep
        return None
    return hashlib.blake2b(written, digest_size=HASH_BYTES).digest()


def question_secret(
    reward_key: bytes, samples: Sequence[bytes | None], needed: Sequence[Mapping[str, Score]]
) -> bytes | None:
    """The secret of one question to a reward.

    samples  the digest of each sample that it sees at once, in order
    needed   for each of them the scores that it needs, by the names that it calls them
    returns  None where there is a sample without a digest
    """
    if None in samples:
        return None
    seen = [sorted((name, score_fields(score)) for name, score in of_sample.items()) for of_sample in needed]
    return _digest([reward_key, list(samples), _plain_fields(seen) if any(seen) else None])


def _plain_fields(seen: Any) -> Any:
    """Fields of scores as plain data: details may hold other mappings than a dict."""
    return json.dumps(seen, default=dict)
