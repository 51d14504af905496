"""Compiles and runs programs in other languages than Python, with what the file system of the sandbox has.

Each ends the process or becomes the other program, which inherits namespaces, limits and filter.
"""

import io
import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any

from rewardkit_sandbox.guest import script
from rewardkit_sandbox.guest.descriptors import write_all
from rewardkit_sandbox.guest.languages import LANGUAGES, MIB, command, environment, source_file

# sysexits.h: a support program or file does not exist.
EX_UNAVAILABLE = 69
MAX_DIAGNOSTICS = 8000
ENTRIES = ("RewardkitMain.class", "Main.class")
"""Classes that are started before others: of tests around a program, and as contests name it."""
CHANNEL = 3


def packed(header: dict[str, Any], content: bytes) -> bytes:
    """The data of a run: what it is, as a line of JSON, and the text or file itself."""
    return json.dumps(header).encode() + b"\n" + content


def packed_image(language: str, image: bytes, args: Sequence[str], files: Mapping[str, bytes]) -> bytes:
    """The data of a run of what was made, with its files behind it."""
    sizes = {name: len(content) for name, content in files.items()}
    return packed({"language": language, "args": list(args), "files": sizes}, b"".join([image, *files.values()]))


def unpacked(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header and the content of the data of a run."""
    header, _, content = data.partition(b"\n")
    return json.loads(header), content


def compile_source(header: dict[str, Any], content: bytes) -> None:
    """Compiles, and writes what was made to the channel; ends the process.

    Exit status 0; EX_DATAERR with the compiler's words on standard error; EX_UNAVAILABLE without such a compiler.
    """
    language = LANGUAGES[header["language"]]
    source = content.decode("utf-8", "surrogatepass")
    file = source_file(language, source)
    if not language.compiler or not _found(language.compiler[0]):
        os._exit(EX_UNAVAILABLE)
    script.save(source, file)
    for name, text in header.get("files", {}).items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        script.save(text, name)
    words = command(language.compiler, source=file, std=header.get("std") or language.stds[0])
    done = subprocess.run(  # noqa: S603 - of the table
        words,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        env=os.environ | environment(language, os.getcwd()),
    )
    if done.returncode != 0:
        write_all(2, (done.stderr or done.stdout)[:MAX_DIAGNOSTICS])
        os._exit(EX_UNAVAILABLE if done.returncode == EX_UNAVAILABLE else script.EX_DATAERR)
    if os.path.isdir(language.made):
        write_all(CHANNEL, archive(language.made))
    else:
        with open(language.made, "rb") as made:
            write_all(CHANNEL, made.read())
    os._exit(0)


def archive(folder: str) -> bytes:
    """A folder of compiled Java classes as a jar that names the class to start."""
    import zipfile

    files = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(root, name)
            with open(path, "rb") as file:
                files[os.path.relpath(path, folder)] = file.read()
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as jar:
        jar.writestr("META-INF/MANIFEST.MF", f"Manifest-Version: 1.0\nMain-Class: {main_class(files)}\n")
        for path, data in files.items():
            jar.writestr(path, data)
    return made.getvalue()


def main_class(files: dict[str, bytes]) -> str:
    """The class to start: one of ENTRIES where it has a main method, else the first that has one."""
    entries = [path for path, data in files.items() if b"\x04main" in data and b"([Ljava/lang/String;)V" in data]
    entries.sort(key=lambda path: (path not in ENTRIES, path != ENTRIES[0], "$" in path, path))
    return (entries or ["Main.class"])[0].removesuffix(".class").replace("/", ".")


def become_image(header: dict[str, Any], content: bytes, memory_bytes: int) -> None:
    """Becomes a program that was compiled before, or that its text is."""
    language = LANGUAGES[header["language"]]
    for name, size in reversed(header.get("files", {}).items()):
        content, text = content[: len(content) - size], content[len(content) - size :]
        _write(name, text, 0o644)
    file = language.made if language.compiler else source_file(language, content.decode("utf-8", "replace"))
    _write(file, content, 0o755)
    heap = max(16, (memory_bytes - language.reserve_bytes) // MIB)
    words = command(language.runner, source=file, memory=heap) + header.get("args", [])
    path = words[0] if words[0].startswith("./") else _found(words[0])
    if not path:
        os._exit(EX_UNAVAILABLE)
    os.environ.update(environment(language, os.getcwd()))
    os.execv(path, words)  # noqa: S606 - no shell is what we want


def _write(name: str, content: bytes, mode: int) -> None:
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT, mode)
    write_all(descriptor, content)
    os.close(descriptor)


def _found(name: str) -> str | None:
    return shutil.which(name)
