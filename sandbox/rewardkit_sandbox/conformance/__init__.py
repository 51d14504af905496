"""The requirements on a backend, as named checks that it can prove itself by.

    for check in CHECKS:
        check(sandbox)          # raises AssertionError, naming what the program could do

Each check runs programs that try one thing. A backend of a third party passes all of them on one sandbox, in any
order, one after the other: what one run leaves behind is what the next one looks for.

A backend that cannot separate everything lists what is missing in `Sandbox.reduced`; `claims` is True for the checks
that it has to pass. A backend that passes a check without claiming it lists too much.
"""

# Importing a module registers its checks.
from rewardkit_sandbox.conformance import leftovers, limits, running, walls  # noqa: F401
from rewardkit_sandbox.conformance.checking import CHECKS, SEPARATES, Check, claims

__all__ = ["CHECKS", "SEPARATES", "Check", "claims"]
