"""The package imports where the modules of Unix are missing, and says what to use instead."""

import subprocess
import sys

ELSEWHERE = """
import sys
for name in ("fcntl", "resource", "pwd", "grp", "termios"):
    sys.modules[name] = None
import rewardkit_sandbox, rewardkit_sandbox.conformance, rewardkit_code.reward
from rewardkit_code.doctor import findings
sys.platform = "win32"
(finding,) = findings()
assert finding.state == "missing" and "Linux container" in finding.fix, finding
print("imports")
"""


def test_it_imports_without_the_modules_of_unix():
    done = subprocess.run([sys.executable, "-c", ELSEWHERE], capture_output=True, text=True, check=False)
    assert done.stdout == "imports\n", done.stderr
