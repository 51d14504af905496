"""The code inside the sandbox, sent there as source text.

`wire`, `descriptors`, `procfs`, `zygote_client` and `landlock` also serve the trusted side. These modules import
nothing but the standard library and each other.
"""
