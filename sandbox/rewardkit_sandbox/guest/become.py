"""What a forked child becomes: the program, or the driver, of one run."""

import os

from rewardkit_sandbox.guest import driver, native, program, served, wire, zygote

# Where the pipe stands on which a child says that its world is complete, until it has said so.
ENTERED = 80


def read_all(descriptor: int) -> bytes:
    """What a sealed memory file holds, whatever its position is."""
    size = os.fstat(descriptor).st_size
    data = b""
    while len(data) < size:  # one read gives at most 2 GiB
        data += os.pread(descriptor, size - len(data), len(data))
    return data


def become(nursery: zygote.Zygote, job: zygote.Job) -> None:
    """Turns this process, into the program; descriptors 0 to 4 are its own."""
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
    nursery.enter(job.request, address_space=mode != "javascript")
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
