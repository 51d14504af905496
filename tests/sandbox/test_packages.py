"""Programs import the standard library, and the packages that were built and named; nothing else of the machine's."""

# ruff: noqa: E501

import json
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from rewardkit_sandbox import (
    Driven,
    Limits,
    SandboxUnavailableError,
    Script,
    build_packages,
    built_packages,
    decode,
    open_sandbox,
    split_frames,
)
from rewardkit_sandbox.interpreter import find_interpreter, hidden, shown
from rewardkit_sandbox.packages import find

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sandboxes without an image are for Linux")
BACKENDS = ("bubblewrap", "landlock")


def wheel(folder, name, module, version="1.0"):
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", module)
        info = f"{name}-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/entry_points.txt", f"[console_scripts]\n{name} = {name}:main\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


def listed(folder, *wheels):
    path = folder / "requirements.txt"
    path.write_text("".join(f"{one}\n" for one in wheels))
    return path


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "rewardkit" / "packages"


def choice(backend, **options):
    consent = {"reduced_isolation": True} if backend == "landlock" else {}
    return {"backend": backend, **consent, **options}


def printed(sandbox, source):
    result = sandbox.run(Script(source), Limits())
    return result.stdout.decode() or result.stderr.decode()


@pytest.mark.parametrize("backend", BACKENDS)
def test_built_packages_can_be_imported_where_they_are_named(shared, cache, tmp_path, backend):
    build_packages([listed(tmp_path, wheel(tmp_path, "greeting", "WORD = 'good day'"))])
    with open_sandbox(choice(backend, packages=["greeting>=1"])) as sandbox:
        assert printed(sandbox, "import greeting\nprint(greeting.WORD)") == "good day\n"
    assert "No module named 'greeting'" in printed(shared(backend), "import greeting")


def test_auto_takes_packages(cache, tmp_path):
    build_packages([listed(tmp_path, wheel(tmp_path, "greeting", "WORD = 'good day'"))])
    with open_sandbox({"packages": ["greeting"]}) as sandbox:
        assert printed(sandbox, "import greeting\nprint(greeting.WORD)") == "good day\n"


def test_building_the_same_again_changes_nothing(cache, tmp_path):
    requirements = [listed(tmp_path, wheel(tmp_path, "greeting", "WORD = 'good day'"))]
    first, second = build_packages(requirements), build_packages(requirements)
    assert (first.new, second.new) == (True, False)
    assert first.packages == second.packages
    assert [one.requested for one in built_packages()] == [("greeting",)]
    assert {path.name for path in cache.iterdir()} == {Path(first.packages.folder).parent.name, "lock"}


def test_of_several_builds_the_one_made_for_these_packages_is_taken_then_the_smallest(cache, tmp_path):
    one = wheel(tmp_path, "greeting", "WORD = 'good day'")
    other = wheel(tmp_path, "parting", "WORD = 'good bye'")
    third = wheel(tmp_path, "asking", "WORD = 'how are you'")
    for wheels in ([one, other, third], [one, other], [one]):
        build_packages([listed(tmp_path, *wheels)])
    assert find(["greeting"]).requested == ("greeting",)
    assert find(["parting"]).requested == ("greeting", "parting")
    assert find(["parting", "greeting"]).requested == ("greeting", "parting")
    assert find(["asking==1.0"]).requested == ("asking", "greeting", "parting")


@pytest.mark.parametrize(
    ("packages", "message"),
    [
        (["greeting"], "not built for this Python: greeting: rewardkit sandbox build --local greeting"),
        (["greeting>=2"], "rewardkit sandbox build --local 'greeting>=2'"),
        ("greeting", "packages is a list of requirements, found 'greeting'"),
        ([3], r"packages is a list of requirements, found \[3\]"),
        (["--index-url x"], "'--index-url x' is no requirement"),
    ],
    ids=str,
)
def test_what_is_not_built_is_an_error_with_the_command_that_builds_it(cache, packages, message):
    with pytest.raises(SandboxUnavailableError, match=message):
        open_sandbox({"backend": "bubblewrap", "packages": packages})


def test_pip_gets_requirements_and_no_options(cache):
    for requirement in ("--index-url=http://127.0.0.1", "-e ."):
        with pytest.raises(SandboxUnavailableError, match="is no requirement"):
            build_packages([requirement])
    with pytest.raises(SandboxUnavailableError, match="pip did not install"):
        build_packages([Path("/nowhere/requirements.txt")])
    assert not list(built_packages())
    assert {path.name for path in cache.iterdir()} == {"lock"}


def test_a_module_of_the_standard_library_stays_what_it_is(cache, tmp_path):
    build_packages([listed(tmp_path, wheel(tmp_path, "statistics", "mean = lambda _: 7"))])
    with open_sandbox({"backend": "bubblewrap", "packages": ["statistics"]}) as sandbox:
        assert printed(sandbox, "import importlib, statistics as s\nprint(importlib.reload(s).mean([1, 3]))") == "2\n"


def test_a_package_that_starts_threads_is_not_preloaded(cache, tmp_path):
    starts = "import threading, time\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()\n"
    wheels = [wheel(tmp_path, "greeting", "WORD = 'good day'"), wheel(tmp_path, "busy", starts)]
    wheels.append(wheel(tmp_path, "failing", "raise OSError('no GPU')"))
    assert build_packages([listed(tmp_path, *wheels)]).packages.preload == ("greeting",)
    with open_sandbox({"backend": "bubblewrap", "packages": ["greeting"]}) as sandbox:
        assert printed(sandbox, "import sys\nprint('greeting' in sys.modules, 'busy' in sys.modules)") == "True False\n"
        assert printed(sandbox, "import busy, threading\nprint(threading.active_count())") == "2\n"


@pytest.mark.parametrize("symlinks", [True, False])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_packages_of_another_interpreter_can_be_used(tmp_path, backend, symlinks):
    place = tmp_path / "environment"
    venv.create(place, with_pip=False, symlinks=symlinks)
    (site,) = place.glob("lib/python3*/site-packages")
    (site / "greeting.py").write_text("WORD = 'good day'")
    with open_sandbox(choice(backend, python=str(place / "bin" / "python"))) as sandbox:
        assert printed(sandbox, "import greeting\nprint(greeting.WORD)") == "good day\n"


@pytest.mark.parametrize("path", ["/bin/sh", "/nowhere/python", "/usr"])
def test_what_is_no_python_is_refused(path):
    with pytest.raises(SandboxUnavailableError, match=f"python: {path} is no Python of 3.11 or newer"):
        open_sandbox({"backend": "bubblewrap", "python": path})


def test_an_interpreter_of_its_own_packages_takes_no_others():
    with pytest.raises(SandboxUnavailableError, match="name either python or packages"):
        open_sandbox({"backend": "bubblewrap", "python": sys.executable, "packages": ["numpy"]})


READS = """
import os, sys
found = []
for folder in {folders!r}:
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                with open(os.path.join(root, name), "rb") as file:
                    file.read(1)
                    found.append(os.path.join(root, name))
            except OSError:
                pass
print(found)
"""


@pytest.mark.parametrize("backend", BACKENDS)
def test_no_package_of_the_machine_can_be_read(shared, backend):
    python = find_interpreter()
    there = [f"{python.prefix}/{name}" for name in hidden(python)] + [f"/opt/python/{name}" for name in hidden(python)]
    there += ["/usr/lib/python3/dist-packages", "/usr/local/lib/python3.11/dist-packages", *sys.path[1:]]
    theirs = [path for path in there if "lib/python3" not in path or "-packages" in path]
    assert printed(shared(backend), READS.format(folders=theirs)) == "[]\n"


def test_the_interpreter_brings_its_executable_library_and_what_these_load(shared):
    python = find_interpreter()
    if not python.bound:
        pytest.skip("this interpreter is in /usr, which programs see anyway")
    seen = printed(shared("bubblewrap"), "import os\nprint(sorted(os.listdir('/opt/python')))")
    assert seen == f"{sorted({name.split('/')[0] for name in shown(python)})}\n"
    assert json.loads(
        printed(shared("bubblewrap"), "import json, os\nprint(json.dumps(sorted(os.listdir('/opt/python/bin'))))")
    ) == [Path(python.name).name]


def test_every_module_of_the_standard_library_still_loads(shared):
    source = """
import importlib, sys
failed = []
for name in sorted(sys.stdlib_module_names):
    if not name.startswith("_") and name not in {"antigravity", "this", "idlelib", "tkinter", "turtle", "turtledemo"}:
        try:
            importlib.import_module(name)
        except Exception as exc:
            failed.append((name, str(exc)))
print(failed)
"""
    here = {name for name in sys.stdlib_module_names if not name.startswith("_") and not importable(name)}
    found = eval(printed(shared("bubblewrap"), source))
    assert [failure for failure in found if failure[0] not in here] == []


def importable(name):
    import importlib.util

    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@pytest.mark.parametrize("backend", ["bubblewrap", "landlock", "docker"])
def test_a_missing_package_is_named_with_its_fix(shared, backend):
    error = shared(backend).run(Script("import numpy"), Limits()).stderr.decode().splitlines()[-1]
    assert error.startswith("ModuleNotFoundError: No module named 'numpy'; ")
    assert ("rewardkit sandbox build numpy" if backend == "docker" else "build --local numpy") in error
    own = shared(backend).run(Script("import os.nothing_of_this_name"), Limits()).stderr.decode()
    assert "rewardkit" not in own.splitlines()[-1]


def test_a_program_that_does_without_a_package_finds_none(shared):
    source = "try:\n    import numpy\nexcept ImportError as e:\n    print(e)\n"
    assert printed(shared("bubblewrap"), source) == "No module named 'numpy'\n"
    absent = "import importlib.util\nprint(importlib.util.find_spec('numpy'))"
    assert printed(shared("bubblewrap"), absent) == "None\n"


@pytest.fixture(scope="session")
def numerical(numerical_packages):
    with open_sandbox({"backend": "bubblewrap", "packages": numerical_packages}) as sandbox:
        yield sandbox


def test_numpy_and_pandas_are_loaded_before_the_first_fork(numerical):
    source = "import sys\nprint('numpy' in sys.modules, 'pandas' in sys.modules)"
    assert printed(numerical, source) == "True True\n"
    source = "import numpy as np, pandas as pd\nprint(pd.DataFrame({'a': np.arange(4)}).a.sum())"
    assert printed(numerical, source) == "6\n"


def test_a_program_with_packages_gets_its_memory_besides_what_they_take(numerical):
    source = "import numpy as np\nprint(np.ones(50_000_000).sum())"
    assert printed(numerical, source) == "50000000.0\n"
    result = numerical.run(Script("import numpy as np\nnp.ones(90_000_000)"), Limits())
    assert result.end == "memory" or b"MemoryError" in result.stderr


def test_what_a_program_does_to_a_loaded_package_ends_with_it(numerical):
    spoil = """
import numpy, pandas
numpy.add = numpy.sum = lambda *a, **k: 0
numpy.ndarray = pandas.DataFrame = None
numpy.random.seed(1)
numpy.__dict__.clear()
print("done")
"""
    assert printed(numerical, spoil) == "done\n"
    assert printed(numerical, "import numpy\nprint(numpy.sum([1, 2]), numpy.add(1, 2))") == "3 3\n"


ON_PACKAGES = {
    "writes to the folder": "open('/opt/packages/numpy/__init__.py', 'a')",
    "makes a file in it": "open('/opt/packages/conftest.py', 'w')",
    "makes a folder in it": "os.mkdir('/opt/packages/x')",
    "removes a file": "os.remove(numpy.__file__)",
    "renames it": "os.rename('/opt/packages/numpy', '/opt/packages/x')",
    "covers it": "assert ctypes.CDLL(None).mount(b'x', b'/opt/packages', b'tmpfs', 0, None) == 0",
    "links into it": "os.symlink('/tmp/x', '/opt/packages/x')",
    "changes modes in it": "os.chmod('/opt/packages/numpy', 0o777)",
    "finds where it was built": "assert any(b'rewardkit/packages' in open(p, 'rb').read() for p in FILES)",
    "finds scripts beside it": "os.listdir('/opt/packages/bin')",
    "leaves it by its parent": "open('/opt/packages/../../root/.bashrc')",
}  # fmt: skip


@pytest.mark.parametrize("name", ON_PACKAGES)
def test_packages_are_read_only_and_say_nothing_of_where_they_were_built(numerical, name):
    files = "FILES = [os.path.join(d, n) for d, _, ns in os.walk('/opt/packages') for n in ns if n.endswith(('.py', '.pyc', 'METADATA'))]"
    source = (
        f"import ctypes, os, numpy\n{files if 'FILES' in ON_PACKAGES[name] else ''}\ntry:\n    {ON_PACKAGES[name]}\n"
    )
    source += "except (OSError, AssertionError): print('refused')\nelse: print('done')"
    assert printed(numerical, source) == "refused\n"


def test_a_spoiled_numpy_is_not_the_tests(numerical):
    """A driver is forked from what was loaded, and not from a program."""
    spoil = "import numpy\nnumpy.array_equal = numpy.allclose = lambda *a: True\ndef f(): return numpy.array([0])"
    tests = {"kind": "code", "setup": "import numpy as np", "tests": ["assert np.array_equal(f(), [1])"]}
    result = numerical.run(
        Driven(spoil, tests | {"entry_point": None, "trusted": "", "stop": True}), Limits(wall_s=20.0)
    )
    frames = [decode(text) for text in split_frames(result.channel)[0]]
    assert ["test", False] in [[frame[0], frame[2]] for frame in frames if frame[0] == "test"], frames
