"""Finds the files of this machine that compile C and C++ and run JavaScript: gcc, g++ and node name them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rewardkit_sandbox.errors import SandboxUnavailableError

COMMANDS = {"c": "gcc", "c++": "g++", "javascript": "node"}
PROGRAMS = {"c": ("cc1", "collect2", "as", "ld"), "c++": ("cc1plus", "collect2", "as", "ld")}
LINKED = (
    *("crt1.o", "Scrt1.o", "rcrt1.o", "crti.o", "crtn.o", "crtbegin.o", "crtbeginS.o", "crtend.o", "crtendS.o"),
    *("libgcc.a", "libgcc_eh.a", "libgcc_s.so", "libgcc_s.so.1", "libc.so", "libc.so.6", "libc_nonshared.a"),
    *("libm.so", "libm.so.6", "libmvec.so", "libmvec.so.1", "libpthread.a", "librt.a", "libdl.a"),
    *("liblto_plugin.so", "libstdc++.so", "libstdc++.so.6"),
)
"""Files that a link takes; a compiler that has no such file names it as it was asked."""


def files_for(language: str) -> Iterator[Path]:
    """The files, by the paths under which they are looked for. Raises SandboxUnavailableError without the compiler."""
    if language not in COMMANDS:
        raise SandboxUnavailableError(f"no language {language!r}; there are: {', '.join(COMMANDS)}")
    command = shutil.which(COMMANDS[language])
    if command is None:
        raise SandboxUnavailableError(f"this machine has no {COMMANDS[language]}", f"install it, for {language}")
    yield Path(command)
    if language == "javascript":
        return
    for name in PROGRAMS[language]:
        found = shutil.which(_says(command, f"-print-prog-name={name}"))
        if found:
            yield Path(found)
    for name in LINKED:
        path = Path(_says(command, f"-print-file-name={name}"))
        if path.is_absolute():
            yield Path(path.parent.resolve(), path.name)
    searched = _says(command, "-E", "-v", "-x", language, "/dev/null", errors=True)
    for folder in re.findall(r"^ (/\S+)$", searched, re.MULTILINE):
        for path in Path(folder).rglob("*"):
            if path.is_file():
                yield path


def _says(*command: str, errors: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the machine's compiler
    return (done.stderr if errors else done.stdout).strip()
