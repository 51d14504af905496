"""Takes the expected values out of tests, so that these can run in the program's own process.

    assert f(2) == 4                    →  with site(0): value(0, f(2))           here: ("==", 4)
    with raises(ValueError): f(-1)      →  with site(1): f(-1)                    here: ("raises", "ValueError")
    self.assertIn("hi", log.output)     →  with site(2): value(2, log.output)     here: ("contains", "hi")

What a program can read says which values the tests look at, never what they must be; and all sites look alike, so that
it does not say where an error is expected either. The values come back as plain data and are compared in the trusted
process. Only tests of which every assertion could be taken out are judged so: one that is left could be passed by
anything, since a program can rewrite what runs beside it.

`forms` knows the assertions, `closed` the expressions whose value no program can change, `unroll` writes out what runs
several times, `rewrite` walks the tests, and `expected` compares.
"""

from rewardkit_code.taken_out.closed import Closed
from rewardkit_code.taken_out.expected import Expected, closed_of, evaluated, holds
from rewardkit_code.taken_out.forms import NotTakenOutError
from rewardkit_code.taken_out.rewrite import TakenOut, take_out

__all__ = ["Closed", "Expected", "NotTakenOutError", "TakenOut", "closed_of", "evaluated", "holds", "take_out"]
