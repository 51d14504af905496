"""Writes docs/trainers.md from examples/trainers/trainers.toml; a test holds the page to it."""

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "trainers.md"
HEAD = """# Trainers

This page is written by `python docs/make_trainers.py` from `examples/trainers/trainers.toml`.

A completion without a reward (None) is never a silent 0: what becomes of it is the last column but one. TRL, verl,
OpenRLHF, verifiers and slime have adapters in the package. The others are recipes of at most 40 lines, to be copied.
Any other trainer: [RowScorer](adapters.md).

`make test-trainers` runs all tests of this page, each in an environment of its own (`ONLY=OpenEnv` runs one). No
training on a GPU was run for any of them.

"""
COLUMNS = ("trainer", "version tested", "last run by", "what None becomes", "where single rewards are logged")


def page() -> str:
    """The page's text."""
    table = tomllib.loads((ROOT / "examples/trainers/trainers.toml").read_text(encoding="utf-8"))
    lines = []
    for name, row in table.items():
        if not row["none"]:
            continue
        where = row["page"].removeprefix("../../docs/")
        link = where if where.endswith(".md") else f"../examples/trainers/{where}"
        ran = row["ran"].replace("|", "\\|")
        lines.append(f"| [{name}]({link}) | {row['version']} | {ran} | {row['none']} | {row['values']} |")
    head = [f"| {' | '.join(COLUMNS)} |", "|---" * len(COLUMNS) + "|"]
    return HEAD + "\n".join([*head, *lines]) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
