"""Makes the image of the Docker backend from this machine's own Python, without any registry.

In it: the interpreter that this process runs on with its standard library, the shared libraries that they load, a
shell, time zones, and what a list of requirements names. Not in it: anything of rewardkit, which comes by the stream
when a container starts. The tag is made of the content, so that building the same once more changes nothing.
"""

import hashlib
import importlib.util
import io
import marshal
import os
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rewardkit_sandbox import elf
from rewardkit_sandbox.docker import engine, toolchains
from rewardkit_sandbox.errors import SandboxUnavailableError
from rewardkit_sandbox.interpreter import INSIDE, find_interpreter
from rewardkit_sandbox.packages import PACKAGES_INSIDE
from rewardkit_sandbox.pip import install

IMAGE = "rewardkit-sandbox:latest"
BUILD = "rewardkit sandbox build"
LEFT_OUT = {
    *("__pycache__", "site-packages", "dist-packages", "test", "tests", "idlelib", "turtledemo", "tkinter"),
    *("ensurepip", "lib2to3"),
}
LINKED_FOLDERS = ("bin", "sbin", "lib", "lib32", "lib64")
SHELL = "/bin/sh"
ZONES = "/usr/share/zoneinfo"
DOCKERFILE = "docker build -t rewardkit-sandbox sandbox"
FORMAT = "1"
"""Changes when the same content is packed in another way."""


@dataclass(frozen=True)
class Built:
    """An image, and `made`: True if it was not there before."""

    name: str
    digest: str
    made: bool


@dataclass
class Content:
    """The content of an image, by path: files of this machine, links, and settings."""

    files: dict[str, Path] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    settings: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """Tells contents apart: paths, modes and bytes, whenever and by whomever they were written."""
        found = hashlib.sha256(repr((FORMAT, sys.version, sorted(self.links.items()), self.settings)).encode())
        for path, source in sorted(self.files.items()):
            found.update(f"{path}\0{source.stat().st_mode & 0o111:o}\0".encode())
            found.update(hashlib.sha256(source.read_bytes()).digest())
        return found.hexdigest()[:16]


def build_image(
    tag: str | None = None, *, requirements: Sequence[str | Path] = (), languages: Iterable[str] = ()
) -> Built:
    """Makes the image from this machine's own Python, without a registry.

    tag           name that a rubric's `image` then names; the backend's default where None
    requirements  packages that programs may import, each as pip reads it, or a file with a list of them
    languages     c, c++, javascript: with this machine's gcc, g++, node
    raises        SandboxUnavailableError where this machine or the engine cannot
    """
    api = engine.connect()
    try:
        return _build(api, tag or IMAGE, requirements, languages)
    finally:
        api.close()


def _build(api: Any, tag: str, requirements: Sequence[str | Path], languages: Iterable[str]) -> Built:
    from docker.errors import DockerException  # noqa: PLC0415 - takes a while, and nobody else needs it

    if sys.platform != "linux":
        raise SandboxUnavailableError(
            f"an image is made from a Linux machine's Python, this is {sys.platform}",
            DOCKERFILE,
        )
    name, _, version = tag.partition(":")
    with tempfile.TemporaryDirectory() as folder:
        if requirements:
            install(requirements, Path(folder, "packages"))
        content = collect(Path(folder, "packages") if requirements else None, languages)
        digest = content.digest()
        known = f"{IMAGE.partition(':')[0]}:{digest}"
        try:
            made = not api.images(name=known)
            if made:
                archive = Path(folder, "image.tar")
                pack(content, archive)
                said = api.import_image_from_file(
                    str(archive), *known.split(":"), changes=[*content.settings, f"LABEL rewardkit.content={digest}"]
                )
                if '"error"' in said:
                    raise SandboxUnavailableError(f"the engine takes no image ({said.strip()[:300]})")
            api.tag(known, name, version or "latest", force=True)
        except (DockerException, OSError) as exc:
            raise SandboxUnavailableError(f"the engine takes no image ({exc})", "see the engine's own log") from exc
    return Built(tag, digest, made)


def collect(packages: Path | None = None, languages: Iterable[str] = ()) -> Content:
    """Collects what an image needs of this machine.

    packages   a folder of packages for programs to import
    languages  of `toolchains.COMMANDS`
    """
    content = Content()
    python = find_interpreter()
    prefix = Path(python.prefix)
    inside = Path(INSIDE) if python.bound else prefix
    executable = Path(python.executable)
    for name in LINKED_FOLDERS:
        if Path("/", name).is_symlink():
            content.links[f"/{name}"] = str(Path("/", name).readlink())
    library = Path(os.__file__).resolve().parent
    found = {str(executable): prefix / executable.relative_to(inside)}
    found |= {str(inside / path.relative_to(prefix)): path for path in files_of(library)}
    if packages is not None:
        found |= {
            f"{PACKAGES_INSIDE}/{path.relative_to(packages)}": path for path in files_of(packages, left_out=set())
        }
    for language in languages:
        for path in toolchains.files_for(language):
            real, links = followed(path)
            content.links |= links
            found[real] = Path(real)
    content.files = {**found, SHELL: Path(SHELL)}
    content.links[str(executable.with_name("python3"))] = executable.name
    loader = elf.loader(found[str(executable)])
    if not loader:
        raise SandboxUnavailableError("this Python uses no dynamic loader", DOCKERFILE)
    libraries = {Path(loader)}
    for path in content.files.values():
        if loads(path):
            libraries |= set(needed_by(path, loader))
    folders = {str(inside / "lib")}
    for path in libraries:
        if path.is_relative_to(prefix) and python.bound:
            content.files[str(inside / path.relative_to(prefix))] = path
        elif packages is None or not path.is_relative_to(packages):
            content.files[str(path.parent.resolve() / path.name)] = path
            folders.add(str(path.parent.resolve()))
    content.files |= {str(path): path for path in files_of(Path(ZONES))}
    content.files = {str(canonical(path)): source for path, source in content.files.items()}
    content.links = {path: target for path, target in content.links.items() if path not in content.files}
    content.settings = [f"ENV PATH={executable.parent}:/usr/local/bin:/usr/bin:/bin"]
    content.settings.append(f"ENV LD_LIBRARY_PATH={':'.join(sorted(folders))}")
    if packages is not None:
        content.settings.append(f"ENV PYTHONPATH={PACKAGES_INSIDE}")
    return content


def followed(path: Path) -> tuple[str, dict[str, str]]:
    """The real path of a file, and the links on the way there: a tool finds its folder by where it really is."""
    links: dict[str, str] = {}
    while True:
        for parent in path.parents[:-2]:
            if parent.is_symlink():
                links[str(parent.parent.resolve() / parent.name)] = str(parent.readlink())
        path = path.parent.resolve() / path.name
        if not path.is_symlink():
            return str(path), links
        links[str(path)] = str(path.readlink())
        path = path.parent / path.readlink()


def canonical(path: str) -> Path:
    """A path of the image without the links of its root, `/lib` to `/usr/lib`."""
    parts = Path(path).parts
    if len(parts) > 1 and parts[1] in LINKED_FOLDERS and Path("/", parts[1]).is_symlink():
        return Path("/", Path("/", parts[1]).readlink(), *parts[2:])
    return Path(path)


def files_of(folder: Path, left_out: set[str] = LEFT_OUT) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in left_out and not name.startswith("config-"))
        for name in sorted(names):
            path = Path(root, name)
            if path.is_file() and path.suffix not in (".a", ".pyc") and not name.startswith("_tkinter."):
                yield path


def loads(path: Path) -> bool:
    """True if a file is an executable or a shared library of ELF."""
    return (".so" in path.suffixes or bool(path.stat().st_mode & 0o111)) and elf.is_elf(path)


def needed_by(path: Path, loader: str) -> Iterator[Path]:
    """The shared libraries that the dynamic loader would load for a file."""
    done = subprocess.run([loader, "--list", str(path)], capture_output=True, text=True, check=False)  # noqa: S603
    for match in re.finditer(r"^\s*(?:\S+ => )?(/\S+) \(0x", done.stdout, re.MULTILINE):
        yield Path(match[1])


def pack(content: Content, archive: Path) -> None:
    """Writes the content, and the compiled form of its Python files, as a tar archive."""
    folders: set[str] = set()
    with tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as tar:
        for path, target in sorted(content.links.items()):
            add_folders(tar, path, folders)
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            tar.addfile(entry)
        for path, source in sorted(content.files.items()):
            add_folders(tar, path, folders)
            mode = 0o755 if source.stat().st_mode & 0o111 else 0o644
            data = source.read_bytes()
            add_file(tar, path, data, mode)
            if source.suffix == ".py":
                compiled = compile_file(data, path)
                cache = f"{Path(path).parent}/__pycache__/{Path(path).stem}.{sys.implementation.cache_tag}.pyc"
                if compiled is not None:
                    add_folders(tar, cache, folders)
                    add_file(tar, cache, compiled, 0o644)


def add_folders(tar: tarfile.TarFile, path: str, known: set[str]) -> None:
    for parent in [*Path(path).parents][::-1]:
        name = str(parent).lstrip("/")
        if name and name not in known:
            known.add(name)
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)


def add_file(tar: tarfile.TarFile, path: str, data: bytes, mode: int) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.size, entry.mode = len(data), mode
    tar.addfile(entry, io.BytesIO(data))


def compile_file(source: bytes, path: str) -> bytes | None:
    """The bytecode file of a source file, valid whatever its date (PEP 552); None for text that is no Python."""
    try:
        code = compile(source, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    unchecked_hash = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked_hash + importlib.util.source_hash(source) + marshal.dumps(code)
