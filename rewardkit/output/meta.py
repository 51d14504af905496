"""The file beside an output that says how it was made: `scored.jsonl.meta.json`.

It is written before the output appears, so that no output is without it; and it is not read as an input.
"""

import contextlib
import json
import os
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rewardkit.output.partial_file import create_hidden

ENDING = ".meta.json"
MADE_BY = "made_by"
"""The first key of the file: by it one of ours is known."""
HIDDEN = "***"
"""Stands for a secret."""

_SECRET_NAME = re.compile(r"(?i)(key|token|secret|password|passwd|credential|auth)s?$")
_SECRET_PAIR = re.compile(r"(?i)([\w.-]*(?:key|token|secret|password|passwd|credential|auth)s?)(=|:\s*)(\S+)")
_USER = re.compile(r"(\w+://)[^/@\s]+@")
_TOKEN = re.compile(r"\b(?:sk|hf|ghp|gho|github_pat|glpat|xox[abp]|AKIA|AIza)[-_]?[A-Za-z0-9_-]{12,}")
"""Secrets that are known by how they begin: of OpenAI, Hugging Face, GitHub, GitLab, Slack, Amazon and Google."""
_SECRET_CHARACTERS = 8
"""A value of the environment that is shorter hides nothing: it would black out other words."""


def meta_path(output: Path) -> Path:
    """The file that says how an output was made."""
    return output.with_name(output.name + ENDING)


def is_meta(path: str | Path) -> bool:
    """True for a file that describes the output beside it."""
    name = str(path)
    return name.endswith(ENDING) and Path(name.removesuffix(ENDING)).exists()


def is_foreign(output: Path) -> bool:
    """True if a file of somebody else's has the name of the file that is to be written."""
    try:
        with meta_path(output).open("rb") as file:
            return MADE_BY.encode() not in file.read(64)
    except FileNotFoundError:
        return False


def write_meta(output: Path, content: Mapping[str, Any]) -> None:
    """Writes the file for an output that is about to appear; it appears whole.

    raises  OSError
    """
    target = meta_path(output)
    made, file = create_hidden(target, f"{secrets.token_hex(4)}.new")
    try:
        with file:
            # Not orjson: a file's name may hold bytes that are no text, which only escapes can say.
            file.write(f"{json.dumps(content, indent=2, default=repr)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
        made.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            made.unlink()
        raise


def without_secrets(arguments: Sequence[str]) -> list[str]:
    """A command line in which secrets are hidden: values of secret names, of such variables, and known forms."""
    secret = [v for n, v in os.environ.items() if _SECRET_NAME.search(n) and len(v) >= _SECRET_CHARACTERS]
    values = sorted(secret, key=len)
    shown, after_name = [], False
    for argument in arguments:
        text = argument
        for value in reversed(values):
            text = text.replace(value, HIDDEN)
        text = _USER.sub(rf"\1{HIDDEN}@", _TOKEN.sub(HIDDEN, _SECRET_PAIR.sub(rf"\1\2{HIDDEN}", text)))
        shown.append(HIDDEN if after_name and not argument.startswith("-") else text)
        after_name = argument.startswith("--") and "=" not in argument and bool(_SECRET_NAME.search(argument))
    return shown
