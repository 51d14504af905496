"""Programs in other languages than Python, with what the file system of the sandbox has: a C compiler, node.

Each ends by becoming the other program, which inherits namespaces, limits and filter.
"""

import os
import shutil
import subprocess

from rewardkit_sandbox.guest import program
from rewardkit_sandbox.guest.descriptors import write_all

COMPILERS = {
    "c": ("main.c", ["gcc", "-O2", "-std=gnu17", "-o", "main", "main.c", "-lm"]),
    "c++": ("main.cpp", ["g++", "-O2", "-std=gnu++17", "-o", "main", "main.cpp"]),
}
# sysexits.h: a support program or file does not exist.
EX_UNAVAILABLE = 69
MAX_DIAGNOSTICS = 8000


def compile_source(language: str, source: str) -> None:
    """Compiles, and writes the executable to the channel; ends the process.

    Exit status 0; EX_DATAERR with the compiler's words on standard error; EX_UNAVAILABLE without such a compiler.
    """
    file, command = COMPILERS[language]
    if shutil.which(command[0]) is None:
        os._exit(EX_UNAVAILABLE)
    program.save(source, file)
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)  # noqa: S603 - built above
    if done.returncode != 0:
        write_all(2, done.stderr[:MAX_DIAGNOSTICS])
        os._exit(program.EX_DATAERR)
    with open("main", "rb") as image:
        write_all(program.CHANNEL, image.read())
    os._exit(0)


def become_image(image: bytes) -> None:
    """Becomes an executable that was compiled before."""
    descriptor = os.open("main", os.O_WRONLY | os.O_CREAT, 0o755)
    write_all(descriptor, image)
    os.close(descriptor)
    os.execv("./main", ["main"])  # noqa: S606 - no shell is what we want


def become_javascript(source: str) -> None:
    node = shutil.which("node")
    if node is None:
        os._exit(EX_UNAVAILABLE)
    program.save(source, "main.js")
    os.execv(node, [node, "main.js"])  # noqa: S606 - as above
