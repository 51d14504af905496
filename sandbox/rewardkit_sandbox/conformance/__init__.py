"""What a backend must do, as named checks that it can prove itself by.

    for check in CHECKS:
        check(sandbox)          # raises AssertionError, naming what the program could do

Each check runs programs that try one thing. A backend of a third party passes all of them on one sandbox, in any
order, one after the other: what one run leaves behind is what the next one looks for.

A backend that cannot separate everything says what it does not separate in `Sandbox.reduced`; `claims` tells whether
it means to pass a check. One that does not claim a check and passes it says too little of itself.
"""

# Importing a module registers its checks.
from rewardkit_sandbox.conformance import leftovers, limits, running, walls  # noqa: F401
from rewardkit_sandbox.conformance.checking import CHECKS, SEPARATES, Check, claims

__all__ = ["CHECKS", "SEPARATES", "Check", "claims"]
