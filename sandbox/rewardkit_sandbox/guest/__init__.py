"""The code inside the sandbox, sent there as source text.

`wire`, `descriptors`, `procfs`, `landlock`, `toolchains` and the clients in `zygote` also serve the trusted side.
These modules import nothing but the standard library and each other.
"""
