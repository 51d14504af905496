"""Tests in other languages than Python, as MultiPL-E writes them: expected values are taken out and compared outside.

MultiPL-E puts tests behind a program and believes the exit status: `exit(0)`, a macro named `assert` or a replaced
`assert.deepEqual` passes. Here two programs are made of the tests: one prints the value of each call and has the
program in it, the other prints what each call must give and has not. No expected value is where the program runs.
"""

from rewardkit_code.typed.scan import code_of
from rewardkit_code.typed.sites import OPENS, OtherFormError
from rewardkit_code.typed.texts import Source, expected_text, program_text

__all__ = ["OPENS", "OtherFormError", "Source", "code_of", "expected_text", "program_text"]
