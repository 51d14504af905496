"""A sandbox is chosen by name; what cannot be had says what can."""

import pytest

from rewardkit_sandbox import Limits, SandboxUnavailableError, Script, backend_name, choose, open_sandbox


def test_an_unknown_backend_names_those_there_are():
    with pytest.raises(SandboxUnavailableError, match="no sandbox named 'bublewrap'; there are: auto, bubblewrap"):
        open_sandbox("bublewrap")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ({"backend": "dangerous-subprocess", "image": "x"}, "dangerous-subprocess has no option 'image'; it has none"),
        ({"backend": "bubblewrap", "imgae": "x"}, "bubblewrap has no option 'imgae'; it has: bwrap"),
        ({"backend": "bubblewrap", "reduced_isolation": True}, "bubblewrap has no option 'reduced_isolation'"),
        ({"backend": "auto", "bwrap": "x"}, "auto has no option 'bwrap'; it has: packages, python, reduced_isolation"),
        ({"reduced_isolation": "yes"}, "reduced_isolation is true or false, found 'yes'"),
        ({"backend": "landlock", "reduced_isolation": 1}, "reduced_isolation is true or false, found 1"),
    ],
)
def test_an_option_that_the_backend_does_not_have_is_refused_by_its_name_before_anything_starts(choice, words):
    with pytest.raises(SandboxUnavailableError, match=words):
        backend_name(choice)


def unavailable():
    raise SandboxUnavailableError("not on this machine: do this")


@pytest.fixture
def nothing_works(monkeypatch):
    for name in choose.STRONGEST_FIRST:
        monkeypatch.setitem(choose.BACKENDS, name, unavailable)


@pytest.mark.usefixtures("nothing_works")
def test_auto_never_takes_the_backend_without_isolation():
    with pytest.raises(
        SandboxUnavailableError, match=r"no sandbox works here\. bubblewrap: not on this machine: do this"
    ):
        open_sandbox("auto")


@pytest.mark.usefixtures("nothing_works")
def test_auto_takes_reduced_isolation_by_consent_alone(monkeypatch):
    monkeypatch.setitem(choose.BACKENDS, "landlock", choose.DangerousSubprocess)
    for choice in ("auto", {"backend": "auto"}, {"reduced_isolation": False}):
        with pytest.raises(SandboxUnavailableError, match="no sandbox works here"):
            open_sandbox(choice)
    with open_sandbox({"reduced_isolation": True}) as sandbox:
        assert isinstance(sandbox, choose.DangerousSubprocess)


def test_consent_does_not_make_auto_take_less_than_it_can(open_one):
    open_one("bubblewrap").close()
    with open_sandbox({"backend": "auto", "reduced_isolation": True}) as sandbox:
        assert sandbox.name == "bubblewrap"


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
