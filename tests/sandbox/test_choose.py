"""A sandbox is chosen by name; what cannot be had says what can."""

import pytest

from rewardkit_sandbox import Limits, SandboxUnavailableError, Script, open_sandbox


def test_an_unknown_backend_names_those_there_are():
    with pytest.raises(SandboxUnavailableError, match="no sandbox named 'bublewrap'; there are: auto, bubblewrap"):
        open_sandbox("bublewrap")


def test_an_unknown_option_is_refused():
    with pytest.raises(SandboxUnavailableError, match="options that dangerous-subprocess does not have"):
        open_sandbox({"backend": "dangerous-subprocess", "image": "x"})


def test_auto_never_takes_the_backend_without_isolation(monkeypatch):
    from rewardkit_sandbox import choose

    def unavailable():
        raise SandboxUnavailableError("not on this machine: do this")

    monkeypatch.setitem(choose.BACKENDS, "bubblewrap", unavailable)
    with pytest.raises(
        SandboxUnavailableError, match=r"no sandbox works here\. bubblewrap: not on this machine: do this"
    ):
        open_sandbox("auto")


def test_the_dangerous_backend_runs_scripts_and_says_that_it_isolates_nothing():
    with open_sandbox("dangerous-subprocess") as sandbox:
        assert sandbox.isolation == "none"
        assert sandbox.run(Script("print(input())", b"x\n"), Limits()).stdout.split() == [b"x"]
        assert sandbox.run(Script("while True: pass"), Limits(wall_s=0.5)).end == "wall"


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_elsewhere_than_linux_bubblewrap_says_what_to_do_instead(monkeypatch, platform):
    monkeypatch.setattr("sys.platform", platform)
    with pytest.raises(SandboxUnavailableError, match="Linux container"):
        open_sandbox("bubblewrap")
