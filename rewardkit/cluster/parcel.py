"""The parcel that a node is sent before its first job, and the comparison before that.

The rubric and its plugin files travel with their text: a node need not share a folder with the driver. What cannot
travel (installed packages, files that parameters name) must be there, and the same.

a node needs                            how it gets it
the rubric, functions in it             sent
plugin files, modules beside them       the same file where the node has it (a shared file system), else a copy
rewardkit, the plugins' distributions   compared by version: another one is an error
packages that rewardkit stands on       compared by version: another one is a warning
files that a parameter names            compared by content: a missing or different one is an error
the working directory                   the same where it is there, else an empty one
"""

import hashlib
import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from rewardkit.errors import ConfigError
from rewardkit.registry import built_in
from rewardkit.registry.loading import IN_PYTHON, LOCAL_FILE
from rewardkit.registry.registry import load_registry
from rewardkit.rewards.interface import API_VERSION
from rewardkit.rubrics.resolution import Step, resolve
from rewardkit.rubrics.rubric import Rubric
from rewardkit.workers.code_pickle import as_code
from rewardkit.workers.pool import WorkerConfig

Versions = Mapping[str, str]
"""Versions of distributions, by name; `-` for one that is not installed."""

_INTERFACE = "rewardkit's plugin interface"


@dataclass(frozen=True)
class SentFile:
    """A plugin file with its text."""

    name: str
    """Path by which the rubric and the command line name it."""
    path: str
    """Absolute path on the driver."""
    content: bytes
    beside: Mapping[str, bytes]
    """Content of the modules in its folder that it has imported, by relative path."""


@dataclass(frozen=True)
class Parcel:
    """All that a node's workers are started with."""

    rubric: Rubric
    aliases: tuple[str, ...]
    """Rewards that are asked there."""
    files: tuple[SentFile, ...]
    folder: str
    """The driver's working directory."""
    named: Mapping[str, tuple[str, str]]
    """Files and folders that parameters name: path and digest, by the place in the rubric that names them."""
    timings: bool
    nice: int


def packed(config: WorkerConfig) -> bytes:
    """The parcel for the steps of a configuration.

    raises  ConfigError for what cannot be sent
    """
    rubric = config.rubric
    folder = Path(config.folder)
    parcel = Parcel(
        rubric,
        tuple(step.alias for step in config.steps),
        tuple(_sent(file, folder) for file in config.files),
        config.folder,
        {place: (path, _digest(folder / path)) for step in config.steps for place, path in _paths_of(step, folder)},
        config.timings,
        config.nice,
    )
    functions = [one.reward for one in rubric.rewards.values() if callable(one.reward)]
    try:
        return as_code(parcel, functions, elsewhere=True) if functions else pickle.dumps(parcel)
    except (TypeError, AttributeError, RecursionError, pickle.PicklingError) as error:
        raise ConfigError(
            f"{rubric.where}: it cannot be sent to the nodes ({error}); make what a function holds inside the "
            "function, or write the function to a file: plugins=['rewards.py']"
        ) from error


def unpacked(written: bytes, own: Path, node: str) -> WorkerConfig:
    """The configuration on a node.

    own     a folder of this actor's alone
    node    name of this node in messages
    raises  ConfigError for what is not there, or not the same
    """
    try:
        parcel: Parcel = pickle.loads(written)  # noqa: S301 - the driver's own
    except Exception as error:
        raise ConfigError(
            f"{node}: a function of the rubric cannot be loaded there: {type(error).__name__}: {error}; write it to a "
            "file and name that: plugins=['rewards.py']"
        ) from error
    folder = Path(parcel.folder)
    for place, (path, digest) in parcel.named.items():
        if _digest(folder / path) != digest:
            state = "with another content there" if (folder / path).exists() else "not there"
            raise ConfigError(
                f"{parcel.rubric.where}: {place} names {path!r}, which on {node} is {state} (from {folder}); put it on "
                "a file system that all nodes share, or into every node's image"
            )
    if not folder.is_dir():
        folder = own
    files = {sent.name: _placed(sent, own / str(number)) for number, sent in enumerate(parcel.files)}
    rubric = _renamed(parcel.rubric, files)
    steps = resolve(rubric, load_registry(tuple(files.values())))
    asked = tuple(step for step in steps if step.alias in parcel.aliases)
    return WorkerConfig(rubric, asked, tuple(files.values()), parcel.timings, str(folder), parcel.nice)


def with_params(config: WorkerConfig, params: Any) -> WorkerConfig:
    """The configuration of one copy of a service, with the parameters of that copy."""
    (step,) = config.steps
    own = config.rubric.rewards[step.alias].model_copy(update={"params": params.model_dump(exclude_unset=True)})
    rubric = config.rubric.model_copy(update={"rewards": {**config.rubric.rewards, step.alias: own}})
    return replace(config, rubric=rubric, steps=(replace(step, params=params, config=own),))


def needed(steps: Sequence[Step]) -> tuple[str, ...]:
    """The distributions of a rubric's rewards besides rewardkit."""
    named = {step.installed.distribution for step in steps if step.installed.version != LOCAL_FILE}
    return tuple(sorted(named - {built_in.DISTRIBUTION, IN_PYTHON}))


def versions(distributions: Sequence[str]) -> Versions:
    """The versions here of what must be the same on every node."""
    return {"rewardkit": built_in.version(), _INTERFACE: str(API_VERSION)} | _installed(distributions)


@cache
def base_versions() -> Versions:
    """The versions here of the packages that rewardkit stands on: a different one may judge differently."""
    try:
        required = metadata.requires(built_in.DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return {}
    needs = [Requirement(line) for line in required]
    return _installed(
        sorted({need.name for need in needs if need.marker is None or need.marker.evaluate({"extra": ""})})
    )


def difference(here: Versions, there: Versions) -> str:
    """The versions that differ: `rewardkit 0.1.0 here, 0.2.0 there`; empty where none does."""
    return "; ".join(
        f"{name} {version} here, {there.get(name, '-')} there"
        for name, version in here.items()
        if there.get(name, "-") != version
    )


def _installed(names: Sequence[str]) -> dict[str, str]:
    found = {}
    for name in names:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "-"
    return found


def _sent(file: Path, folder: Path) -> SentFile:
    path = (folder / file).resolve()
    beside = {}
    for name, module in list(sys.modules.items()):
        found = getattr(module, "__file__", None)
        inside = Path(found) if found else None
        if inside is None or not inside.is_relative_to(path.parent) or inside == path or inside.suffix != ".py":
            continue
        relative = inside.relative_to(path.parent)
        top = name.partition(".")[0]  # what is imported from here by this name, and no environment that lies below
        if relative.parts[0] in (top, f"{top}.py") and top not in built_in.PACKAGES and inside.is_file():
            beside[str(relative)] = inside.read_bytes()
    return SentFile(str(file), str(path), path.read_bytes(), beside)


def _placed(sent: SentFile, folder: Path) -> Path:
    """The path of a plugin file here: its own where this node shares it, else a copy."""
    path = Path(sent.path)
    try:
        if path.read_bytes() == sent.content:
            return path
    except OSError:
        pass
    for relative, content in {path.name: sent.content, **sent.beside}.items():
        target = folder / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return folder / path.name


def _renamed(rubric: Rubric, files: Mapping[str, Path]) -> Rubric:
    """The rubric with rewards of files (`rewards.py:brevity`) under the names that the files have here."""
    rewards = {}
    for alias, config in rubric.rewards.items():
        named = config.reward
        file, colon, short = named.rpartition(":") if isinstance(named, str) else ("", "", "")
        renamed = {"reward": f"{files[file]}:{short}"} if colon and file in files else {}
        rewards[alias] = config.model_copy(update=renamed)
    return rubric.model_copy(update={"rewards": rewards, "plugins": ()})


def _paths_of(step: Step, folder: Path) -> Iterator[tuple[str, str]]:
    """Values of a reward's parameters that name a file or folder here, and the place in the rubric."""

    def walk(value: Any, place: str) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            for key, inner in value.items():
                yield from walk(inner, f"{place}.{key}")
        elif isinstance(value, list | tuple):
            for index, inner in enumerate(value):
                yield from walk(inner, f"{place}.{index}")
        elif isinstance(value, str | Path) and _is_path(str(value), folder):
            yield place, str(value)

    yield from walk(step.config.params, f"rewards.{step.alias}.params")


def _is_path(text: str, folder: Path) -> bool:
    """True for what looks like a path and is there; a bare word may be there by chance."""
    if len(text) > 1024 or not ("/" in text or "." in text):
        return False
    try:
        return (folder / text).exists()
    except (OSError, ValueError):
        return False


def _digest(path: Path) -> str:
    """A digest of a file's content; of a folder only that it is there; empty where nothing is."""
    if path.is_dir():
        return "folder"
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""
