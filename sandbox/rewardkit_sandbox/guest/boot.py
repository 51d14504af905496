"""Starts the zygote inside its sandbox.

Sent as `python -c`; the other modules come by socket.
"""

import gc
import importlib
import json
import os
import site
import socket
import sys
import types


def install(modules: dict[str, str]) -> None:
    """Makes our modules importable by their names, without any file of ours in here."""
    for name in ("rewardkit_sandbox", "rewardkit_sandbox.guest"):
        package = types.ModuleType(name)
        package.__path__ = []
        sys.modules[name] = package
    for name, source in modules.items():
        full = f"rewardkit_sandbox.guest.{name}"
        module = types.ModuleType(full)
        sys.modules[full] = module
        exec(compile(source, f"<{name}>", "exec"), module.__dict__)  # noqa: S102
        setattr(package, name, module)


def boot(control: socket.socket) -> None:
    """Loads the guest's modules, says that it is ready, serves; in a child, becomes the program."""
    sys.path[:] = [entry for entry in sys.path if entry]
    _, (descriptor,), _, _ = socket.recv_fds(control, 64, 1)
    with open(descriptor, "rb") as text:
        text.seek(0)
        hello = json.loads(text.read())
    install(hello["modules"])
    from rewardkit_sandbox.guest import become, world

    world.prepare(bytes.fromhex(hello["bpf"]))
    make = importlib.import_module(f"rewardkit_sandbox.guest.{hello['nursery']}").nursery
    nursery = make(control, hello["options"])
    site.setquit()
    site.sethelper()
    site.setcopyright()
    for name in hello["preload"]:
        try:
            __import__(name)
        except ImportError:
            continue  # an interpreter that was built without it
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    job = nursery.serve()
    if job is None:
        os._exit(0)
    become.become(nursery, job)


boot(socket.socket(fileno=int(sys.argv[1])))
