"""Starts the zygote inside bubblewrap, and what a forked child becomes.

Sent as `python -c`; the other modules come by socket.
"""

import gc
import json
import os
import site
import socket
import sys
import types
from typing import Any

# Where the pipe stands on which a child says that its world is complete, until it has said so.
ENTERED = 80


def read_all(descriptor: int) -> bytes:
    """What a sealed memory file holds, whatever its position is."""
    size = os.fstat(descriptor).st_size
    data = b""
    while len(data) < size:  # one read gives at most 2 GiB
        data += os.pread(descriptor, size - len(data), len(data))
    return data


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
    hello = json.loads(read_all(descriptor))
    os.close(descriptor)
    install(hello["modules"])
    from rewardkit_sandbox.guest import world, zygote

    world.prepare(bytes.fromhex(hello["bpf"]))
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
    nursery = zygote.Zygote(control)
    job = nursery.serve()
    if job is None:
        os._exit(0)
    become(nursery, job)


def become(nursery: Any, job: Any) -> None:
    """Turns this process, PID 1 of its namespace, into the program; descriptors 0 to 4 are its own."""
    from rewardkit_sandbox.guest import driver, native, program, served, wire, world

    nursery.leave()
    null = os.open("/dev/null", os.O_RDWR)
    places = {"stdin": 0, "stdout": 1, "stderr": 2, "channel": 3, "link": 4}
    aside = {name: 64 + place for name, place in places.items()}
    for name in places:
        os.dup2(job.descriptors.get(name, null), aside[name])
    data = read_all(job.descriptors["data"])
    for name, place in places.items():
        os.dup2(aside[name], place)
    os.dup2(job.entered, ENTERED)
    os.closerange(max(places.values()) + 1, ENTERED)
    os.closerange(ENTERED + 1, 256)
    mode = job.request["mode"]
    # V8 reserves far more address space than it ever uses.
    world.enter(job.request["limits"], address_space=mode != "javascript")
    os.write(ENTERED, b"1")
    os.close(ENTERED)
    program.open_streams()
    if mode in ("image", "javascript"):
        for place in (places["channel"], places["link"]):
            os.close(place)
        if mode == "image":
            native.become_image(data)
        native.become_javascript(data.decode("utf-8", "surrogatepass"))
    if mode in ("c", "c++"):
        native.compile_source(mode, data.decode("utf-8", "surrogatepass"))
    if mode == "script":
        for place in (places["channel"], places["link"]):
            os.close(place)
        program.run_script(data.decode("utf-8", "surrogatepass"))
        return
    request = wire.decode(data)
    if mode == "answer":
        os.close(places["link"])
        program.answer(request)
    elif mode == "serve":
        os.close(places["channel"])
        served.serve(request)
    elif mode == "drive":
        driver.drive(request)


boot(socket.socket(fileno=int(sys.argv[1])))
