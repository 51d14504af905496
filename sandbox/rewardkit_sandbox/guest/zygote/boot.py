"""Starts a zygote inside its sandbox, or a container's first process, which becomes one.

Sent as `python -c`: with the number of a socket on which the handshake arrives, or without, where a container is
greeted on standard input. The other guest modules arrive with that first message, as text; `GuestImporter` makes them
importable, since no file of ours is in here.
"""

import contextlib
import ctypes
import gc
import importlib
import importlib.machinery
import json
import os
import site
import socket
import struct
import sys
import types
from typing import Any

GUEST = "rewardkit_sandbox.guest"
SIZE = struct.Struct(">Q")


class GuestImporter:
    """Imports modules from their texts, which are given by name.

    It derives from nothing: importlib.abc loads a tenth of the standard library.
    """

    def __init__(self, texts: dict[str, str]) -> None:
        self._texts = texts
        self._packages: set[str] = set()
        for name in texts:
            while name := name.rpartition(".")[0]:
                self._packages.add(name)

    def load(self, *names: str) -> bool:
        """Imports modules with all modules below them; False where one is not there."""
        sys.meta_path.insert(0, self)
        try:
            for name in names:
                importlib.import_module(name)
                for below in self._texts:
                    if below.startswith(f"{name}."):
                        importlib.import_module(below)
        except ImportError:
            return False
        finally:
            sys.meta_path.remove(self)
        return True

    def forget(self) -> None:
        """Lets go of the texts: every fork copies the tables of all memory that is in use."""
        self._texts.clear()
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)

    def find_spec(self, fullname: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if fullname not in self._texts and fullname not in self._packages:
            return None
        is_package = fullname in self._packages
        path = f"/{fullname.replace('.', '/')}{'/__init__' if is_package else ''}.py"  # no such file: a name for it
        loader: Any = self
        spec = importlib.machinery.ModuleSpec(fullname, loader, origin=path, is_package=is_package)
        spec.has_location = True
        return spec

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        """A module as Python makes it by itself."""

    def exec_module(self, module: types.ModuleType) -> None:
        text = self._texts.get(module.__name__, "")
        exec(compile(text, str(module.__file__), "exec"), module.__dict__)  # noqa: S102


def message_in(descriptor: int) -> dict[str, Any]:
    """The JSON text in a memory file, which stays open."""
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        found: dict[str, Any] = json.loads(file.read())
        return found


def load_later(descriptor: int, *names: str) -> bool:
    """Imports modules that came with the handshake, which is read once more."""
    importer = GuestImporter(message_in(descriptor)["modules"])
    try:
        return importer.load(*names)
    finally:
        importer.forget()


def boot(control: socket.socket) -> None:
    """Loads the guest's modules, reports that it is ready and serves; in a child, becomes the program."""
    packages = os.environ.get("PYTHONPATH", "").split(":")
    # Packages come last: none of them takes the place of a module of the standard library.
    sys.path[:] = sorted(filter(None, sys.path), key=packages.__contains__)
    _, (descriptor, *cases), _, _ = socket.recv_fds(control, 64, 2)
    handshake = message_in(descriptor)
    importer = GuestImporter(handshake.pop("modules"))
    sys.meta_path.insert(0, importer)
    from rewardkit_sandbox.guest import script
    from rewardkit_sandbox.guest.confinement import confinement

    script.MISSING = handshake["missing"]
    confinement.prepare(bytes.fromhex(handshake["bpf"]))
    site.setquit()
    site.sethelper()
    site.setcopyright()
    if cases:
        fork_case_zygote(control, cases[0], importer, descriptor)
    from rewardkit_sandbox.guest.zygote import child

    make_zygote = importlib.import_module(f"{GUEST}.{handshake['zygote']}").make_zygote
    zygote = make_zygote(control, handshake["options"])
    zygote.load = lambda *names: load_later(descriptor, *names)
    for name in handshake["preload"]:
        with contextlib.suppress(Exception):  # an interpreter that was built without it, or a package that fails
            __import__(name)
    sys.meta_path.remove(importer)
    importer.forget()
    gc.freeze()
    control.send(b"ready")
    job = zygote.serve()
    if job is None:
        os._exit(0)
    child.become(zygote, job)


def fork_case_zygote(control: socket.socket, descriptor: int, importer: GuestImporter, handshake: int) -> None:
    """Forks a second zygote before the rest is loaded: every case of a program is a fork of a fork of that."""
    from rewardkit_sandbox.guest.confinement import confinement
    from rewardkit_sandbox.guest.zygote import case_world, zygote

    if confinement.fork() != 0:
        os.close(descriptor)
        return
    control.close()
    light = zygote.Zygote(socket.socket(fileno=descriptor), {})
    light.load = lambda *names: load_later(handshake, *names)
    sys.meta_path.remove(importer)
    importer.forget()
    gc.freeze()
    job = light.serve()
    if job is None:
        os._exit(0)
    light.leave()
    case_world.run_cases(job, light.load)
    sys.exit()


def start_container() -> socket.socket:
    """Reads the greeting, starts the relay, and gives the socket on which the relay sends the handshake."""

    def read_exactly(size: int) -> bytes:
        data = b""
        while len(data) < size:
            piece = os.read(0, size - len(data))
            if not piece:
                sys.exit("the stream ended before the greeting")
            data += piece
        return data

    greeting = json.loads(read_exactly(SIZE.unpack(read_exactly(SIZE.size))[0]))
    importer = GuestImporter(greeting["modules"])
    sys.meta_path.insert(0, importer)
    from rewardkit_sandbox.guest.container import start

    sys.meta_path.remove(importer)
    return start.fork_relay(greeting)


boot(socket.socket(fileno=int(sys.argv[1])) if len(sys.argv) > 1 else start_container())
