"""Turns a forked child into the program, or the driver, of one run."""

import os
from typing import Any

from rewardkit_sandbox.guest import descriptors, program, script, toolchains, wire
from rewardkit_sandbox.guest.languages import LANGUAGES
from rewardkit_sandbox.guest.tests import driver, reporting, rpc_server
from rewardkit_sandbox.guest.zygote.zygote import Job, Zygote

# Place of the pipe on which a child reports that its confinement is complete.
ENTERED = 80
WITHOUT = {
    "script": ("channel", "link"),
    "image": ("channel", "link"),
    "answer": ("link",),
    "report": ("link",),
    "report_pytest": ("link",),
    "serve": ("channel",),
}
"""Descriptors that a mode does without: a program finds none that is of no use to it."""


def become(zygote: Zygote, job: Job) -> None:
    """Turns this process, into the program; descriptors 0 to 4 are its own."""
    zygote.leave()
    null = os.open("/dev/null", os.O_RDWR)
    places = {"stdin": 0, "stdout": 1, "stderr": 2, "channel": 3, "link": 4}
    aside = {name: 64 + place for name, place in places.items()}
    for name in places:
        os.dup2(job.descriptors.get(name, null), aside[name])
    data = descriptors.read_file(job.descriptors["data"])
    os.dup2(job.entered, ENTERED)
    for name, place in places.items():
        os.dup2(aside[name], place)
    os.closerange(max(places.values()) + 1, ENTERED)
    os.closerange(ENTERED + 1, 256)
    mode = job.request["mode"]
    if "join_" in mode:  # two programs that talk over the link
        os.dup2(places["link"], places["stdin"])
        os.dup2(places["link"], places["stdout"])
        mode = mode.rpartition("join_")[2]
    header: dict[str, Any] = {}
    if mode in ("image", "compile"):
        header, data = toolchains.unpacked(data)
    # Some runtimes reserve far more address space than they ever use.
    zygote.enter(
        job.request, address_space=mode != "compile" and not (header and LANGUAGES[header["language"]].maps_more)
    )
    os.write(ENTERED, b"1")
    os.close(ENTERED)
    script.open_streams()
    for name in WITHOUT.get(mode, ()):
        os.close(places[name])
    if mode == "script":
        script.run_script(data.decode("utf-8", "surrogatepass"))
    elif mode == "image":
        toolchains.become_image(header, data, job.request["limits"]["memory_bytes"])
    elif mode == "compile":
        toolchains.compile_source(header, data)
    elif mode == "answer":
        program.answer(wire.decode(data))
    elif mode in ("report", "report_pytest"):
        reporting.run(wire.decode(data))
    elif mode == "serve":
        rpc_server.serve(wire.decode(data))
    elif mode.startswith("drive"):
        driver.drive(wire.decode(data))
