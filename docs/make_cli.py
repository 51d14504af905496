"""Writes docs/cli.md from the help of the commands; a test holds the page to it.

python docs/make_cli.py
"""

import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parent / "cli.md"
COMMANDS = (
    "score", "explain", "select", "diff", "report", "audit", "validate", "rubrics", "plugins", "new", "check", "schema",
    "cache", "doctor",
)  # fmt: skip

HEAD = """# Command line

Exit codes: 0 done; 1 a check that was asked for did not hold, or nothing could be judged; 2 usage or input; 3 our own
infrastructure failed; 130 interrupted; 141 the reader of a pipe has left. Results go to standard output, notes and
errors to standard error. `rewardkit --install-completion` lets the shell complete commands, options, rubrics, rewards
and formats.

`python docs/make_cli.py` writes this page from the commands' own help.
"""


def help_of(*arguments: str) -> str:
    """The help of a command, at 80 columns."""
    environment = {**os.environ, "COLUMNS": "82", "TERMINAL_WIDTH": "80"}
    command = [sys.executable, "-m", "rewardkit", *arguments, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)  # noqa: S603
    return done.stdout.rstrip()


def page() -> str:
    """The page."""
    blocks = [f"## rewardkit {command}\n\n```text\n{help_of(command)}\n```\n" for command in COMMANDS]
    return "\n".join([HEAD, *blocks])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
