"""Finds the files of this machine that compile and run programs in other languages than Python.

gcc, g++ and rustc name theirs when asked; Go, Java and TypeScript are whole folders.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.guest.languages import LANGUAGES, TYPESCRIPT

PROGRAMS = {"c": ("cc1", "collect2", "as", "ld"), "c++": ("cc1plus", "collect2", "as", "ld")}
LINKED = (
    *("crt1.o", "Scrt1.o", "rcrt1.o", "crti.o", "crtn.o", "crtbegin.o", "crtbeginS.o", "crtend.o", "crtendS.o"),
    *("libgcc.a", "libgcc_eh.a", "libgcc_s.so", "libgcc_s.so.1", "libc.so", "libc.so.6", "libc_nonshared.a"),
    *("libm.so", "libm.so.6", "libmvec.so", "libmvec.so.1", "libpthread.a", "librt.a", "libdl.a", "libutil.a"),
    *("liblto_plugin.so", "libstdc++.so", "libstdc++.so.6"),
)
"""Files that a link takes; a compiler that has no such file names it as it was asked."""
NOT_RUN = frozenset({"test", "testdata", "jmods", "src.zip", "demo", "man", "doc", "api", "include"})
"""Parts of a toolchain that no compiler opens."""


def files_for(language: str) -> Iterator[Path]:
    """The files, by the paths under which they are looked for. Raises SandboxUnavailableError without the compiler."""
    if language not in LANGUAGES:
        raise SandboxUnavailableError(f"no language {language!r}; there are: {', '.join(LANGUAGES)}")
    entry = LANGUAGES[language]
    command = shutil.which(entry.version[0], path="/usr/local/bin:/usr/bin:/bin")
    if command is None:
        raise SandboxUnavailableError(
            f"this machine has no {entry.version[0]} in /usr", f"apt-get install {' '.join(entry.packages)}"
        )
    yield Path(command)
    yield from FINDERS[language](command)


def _gcc(language: str) -> Callable[[str], Iterator[Path]]:
    def find(command: str) -> Iterator[Path]:
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
            yield from _tree(Path(folder), frozenset())

    return find


def _go(command: str) -> Iterator[Path]:
    for part in ("bin", "pkg", "src"):
        yield from _tree(Path(_says(command, "env", "GOROOT"), part))
    yield Path(_says(command, "env", "GOROOT"), "VERSION")


def _java(_: str) -> Iterator[Path]:
    for name in ("java", "javac"):
        tool = shutil.which(name)
        if tool is None:
            raise SandboxUnavailableError(f"this machine has no {name}", "apt-get install default-jdk-headless")
        yield Path(tool)
        yield from _tree(Path(tool).resolve().parent.parent)


def _nothing(_: str) -> Iterator[Path]:
    return iter(())


def _rust(command: str) -> Iterator[Path]:
    yield from _tree(Path(_says(command, "--print", "target-libdir")))
    compiler = shutil.which("gcc")
    if compiler is None:
        raise SandboxUnavailableError("this machine has no gcc, which links for rustc", "apt-get install gcc")
    yield from (Path(compiler), Path(compiler).with_name("cc"))
    yield from _gcc("c")(compiler)


def _typescript(_: str) -> Iterator[Path]:
    folders = [Path(folder, "typescript") for folder in TYPESCRIPT]
    found = next((folder for folder in folders if (folder / "lib/typescript.js").is_file()), None)
    if found is None:
        raise SandboxUnavailableError("this machine has no typescript in /usr", "npm install -g typescript@5")
    yield found / "package.json"
    yield from _tree(found / "lib")


FINDERS: dict[str, Callable[[str], Iterator[Path]]] = {
    "c": _gcc("c"),
    "c++": _gcc("c++"),
    "go": _go,
    "java": _java,
    "javascript": _nothing,
    "rust": _rust,
    "typescript": _typescript,
}


def _tree(folder: Path, left_out: frozenset[str] = NOT_RUN) -> Iterator[Path]:
    """The files in a folder and below it; links to folders inside are followed."""
    for root, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if name not in left_out)
        for name in names:
            path = Path(root, name)
            if path.is_file() and name not in left_out:
                yield path


def _says(*command: str, errors: bool = False) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - the machine's compiler
    return (done.stderr if errors else done.stdout).strip()
