"""`rewardkit new`: a complete distribution for a reward of one's own, made of the templates in `rewardkit/templates`.

names_of(NAME) ──▶ Names ── files_of ──▶ {path: text} ──▶ a new folder
"""

import builtins
import json
import keyword
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from string import Template
from typing import NamedTuple

from rewardkit.commands import console
from rewardkit.commands.options import NewOptions
from rewardkit.commands.plain import write
from rewardkit.errors import ConfigError, OutputError
from rewardkit.registry import built_in
from rewardkit.suggestions import nearest

LICENSES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-3-clause": "BSD-3-Clause", "none": ""}
"""Values of `--license`, with their SPDX identifiers."""

PREFIX = "rewardkit-"
NAME_CHARACTERS = 40
_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")

_FILES = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
    ".github/workflows/test.yml": "workflow.yml.txt",
    "{package}/py.typed": "",
    "tests/test_{reward}.py": "test_reward.py.txt",
    "tests/samples.jsonl": "samples.jsonl.txt",
}
"""Files of every distribution, and their templates."""

_ENVIRONMENT = {
    "pyproject.toml": "pyproject.toml.txt",
    "README.md": "README.md.txt",
    "openenv.yaml": "openenv.yaml.txt",
    "{package}/__init__.py": "",
    "{package}/environment.py": "environment.py.txt",
    "{package}/rubric.yaml": "rubric.yaml.txt",
    "{package}/rows.jsonl": "rows.jsonl.txt",
    "tests/test_environment.py": "test_environment.py.txt",
}
"""Files of an OpenEnv environment, and their templates."""


class Names(NamedTuple):
    """The names of a new distribution."""

    reward: str
    distribution: str
    package: str
    class_name: str


def run(options: NewOptions) -> None:
    """Makes the folder, and says what comes next.

    raises  ConfigError for a name that does not serve, OutputError where the folder cannot be made
    """
    names = names_of(options.name)
    if options.license not in LICENSES:
        raise ConfigError(f"--license {options.license}: unknown{nearest(options.license, LICENSES)}")
    folder = options.into / names.distribution
    content = environment_of(names) if options.environment else files_of(names, options)
    try:
        folder.mkdir(parents=True)
        for path, text in content.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    except FileExistsError:
        raise OutputError(f"{folder}: is there already; choose another name, or another folder with --into") from None
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot be written: {error.strerror or error}; name a folder with --into"
        ) from None
    console.set_up_logging(quiet=False, verbose=False)
    write(f"{folder}\n")
    if options.environment:
        console.note(
            f"\ncd {folder}\npip install -e '.[test]'\npytest\n\nIts questions are {names.package}/rows.jsonl, "
            f"what an answer is paid is {names.package}/rubric.yaml."
        )
        return
    console.note(
        f"\ncd {folder}\npip install -e '.[test]'\npytest\nrewardkit check {names.reward} tests/samples.jsonl\n\n"
        f"The reward is {names.package}/reward.py; put samples of your task into tests/samples.jsonl."
    )


def names_of(name: str) -> Names:
    """All names that follow from the name of a reward.

    raises  ConfigError for what cannot be the name of a reward, a package and a function
    """
    asked = name.strip().removeprefix(PREFIX)
    if "/" in asked or "\\" in asked or asked in ("", ".", ".."):
        raise ConfigError(f"{name!r}: is a path, not a name; write `rewardkit new NAME --into FOLDER`")
    if not _NAME.fullmatch(asked) or len(asked) > NAME_CHARACTERS:
        plain = re.sub(r"[^a-z0-9]+", "_", re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", asked).lower()).strip("_")
        hint = f"; did you mean {plain!r}?" if _NAME.fullmatch(plain) and len(plain) <= NAME_CHARACTERS else ""
        wanted = f"at most {NAME_CHARACTERS} small letters from a to z, digits, - and _, a letter first"
        raise ConfigError(f"{name!r}: a name is {wanted}{hint}")
    reward = asked.replace("-", "_")
    package = f"rewardkit_{reward}"
    if keyword.iskeyword(reward) or hasattr(builtins, reward) or reward in ("rewardkit", "asyncio"):
        raise ConfigError(f"{name!r}: means something else in Python; did you mean '{reward}_reward'?")
    if reward in built_in.REWARDS:
        raise ConfigError(f"{name!r}: is the name of a built-in reward, and stays that; did you mean 'my_{reward}'?")
    if any((folder / package).is_dir() for folder in built_in.FOLDERS):
        raise ConfigError(f"{name!r}: rewardkit itself has a package {package!r}; choose another name")
    distribution = PREFIX + reward.replace("_", "-")
    return Names(reward, distribution, package, "".join(part.capitalize() for part in reward.split("_")))


def files_of(names: Names, options: NewOptions) -> Mapping[str, str]:
    """The files of the distribution: their text by path."""
    style = "function" if options.function else "class"
    description = "1.0 for the right answer."
    if options.group:
        description = "A right answer earns more, the fewer of its group are right."
    author = options.author or f"the authors of {names.distribution}"
    values = {
        **names._asdict(),
        "object": names.reward if options.function else f"{names.class_name}Reward",
        "description": description,
        "description_quoted": json.dumps(description),
        "author": author,
        "year": str(datetime.now(UTC).year),
        "rewardkit_version": built_in.version() if built_in.version() != "?" else "0",
        "license_lines": "",
        "imports": "import asyncio\n" if options.asynchronous else "",
        "async_": "async " if options.asynchronous else "",
        "wait": _wait(options),
        "of_two": "0.5" if options.group else '"full"',
    }
    wanted = {
        **_FILES,
        "{package}/__init__.py": "init.py.txt",
        "{package}/reward.py": f"{style}{'_group' if options.group else ''}.py.txt",
    }
    if spdx := LICENSES[options.license]:
        values["license_lines"] = f'license = "{spdx}"\nlicense-files = ["LICENSE"]\n'
        wanted["LICENSE"] = f"license-{options.license}.txt"
    return {path.format(**names._asdict()): _filled(template, values) for path, template in wanted.items()}


def environment_of(names: Names) -> Mapping[str, str]:
    """The files of an OpenEnv environment: their text by path."""
    values = {**names._asdict(), "rewardkit_version": built_in.version() if built_in.version() != "?" else "0"}
    return {
        path.format(**names._asdict()): _filled(template, values, "environment")
        for path, template in _ENVIRONMENT.items()
    }


def _wait(options: NewOptions) -> str:
    """The line in which an async reward waits for its service."""
    if not options.asynchronous:
        return ""
    indent = "    " if options.function else "        "
    return f"{indent}await asyncio.sleep(0)  # ask your service here\n"


def _filled(template: str, values: Mapping[str, str], folder: str = "reward") -> str:
    if not template:
        return ""
    text = (files("rewardkit") / "templates" / folder / template).read_text(encoding="utf-8")
    return Template(text).substitute(values)
