"""What runs inside the sandbox: sent there as source text, never imported by the trusted side (`wire` excepted).

These modules import nothing but the standard library and each other by bare names, since no package of ours is
installed in there.
"""
