"""The command line as a user meets it: what each command prints, writes and returns."""

import contextlib
import functools
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROWS = [
    {"prompt": "1 + 1?", "completion": "<think>one more</think>2", "answer": "2", "group": "a", "value": 1.0},
    {"prompt": "1 + 1?", "completion": "<think>one more</think>3", "answer": "2", "group": "a", "value": 0.0},
    {"prompt": "2 + 2?", "completion": "4", "answer": "4", "group": "b", "value": 1.0},
    {"prompt": "2 + 2?", "completion": "four", "answer": "4", "group": "b", "value": None},
]
RUBRIC = "rewards:\n  column: {params: {column: value}}\n  constant: {weight: 0.5}\n"


@pytest.fixture
def folder(tmp_path: Path, misbehaving: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    Path("rubric.yaml").write_text(RUBRIC)
    shutil.copy(misbehaving, "plugin.py")
    return tmp_path


FORKS = """
import importlib, json, os, pkgutil, runpy, socket, sys
import rewardkit.cli, rewardkit.commands
for module in pkgutil.iter_modules(rewardkit.commands.__path__, "rewardkit.commands."):
    importlib.import_module(module.name)
control = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, streams, _, _ = socket.recv_fds(control, 1 << 20, 3)
    if not message:
        sys.exit()
    child = os.fork()
    if child == 0:
        break
    for stream in streams:
        os.close(stream)
    control.send(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
control.close()
for place, stream in enumerate(streams):
    os.dup2(stream, place)
    os.close(stream)
asked = json.loads(message)
os.chdir(asked["folder"])
os.environ.clear()
os.environ.update(asked["environment"])
sys.path[0], sys.argv[1:] = asked["folder"], asked["arguments"]
runpy.run_module("rewardkit", run_name="__main__", alter_sys=True)
"""
"""A process that has imported the command line, and runs each command that it is sent in a fork of itself."""


@functools.cache
def _commands() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """That process, and the socket by which it is asked."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen([sys.executable, "-c", FORKS, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    return process, ours


@pytest.fixture(scope="module", autouse=True)
def _end_commands() -> Iterator[None]:
    yield
    process, control = _commands()
    control.close()
    process.wait()


def rewardkit(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs a command as `python -m rewardkit` does, without the time that its imports take."""
    words = [*map(str, arguments)]
    asked = {"arguments": words, "folder": str(Path.cwd()), "environment": dict(os.environ)}
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8", newline="")) for _ in range(3)]
        streams[0].write(stdin or "")
        streams[0].seek(0)
        _, control = _commands()
        socket.send_fds(control, [json.dumps(asked).encode()], [stream.fileno() for stream in streams])
        code = json.loads(control.recv(100))
        said = []
        for stream in streams[1:]:
            stream.seek(0)
            said.append(stream.read())
    return subprocess.CompletedProcess(words, code, *said)


def score(*arguments: object, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    return rewardkit("score", "-c", "rubric.yaml", "--plugin", "plugin.py", "--workers", 1, *arguments, stdin=stdin)


def shell(command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=900, check=False)


def blocks(path: str | Path) -> list[dict]:
    return [json.loads(line)["rewardkit"] for line in Path(path).read_text().splitlines()]


def test_a_judged_row_is_the_row_and_one_block(folder: Path):
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()]
    assert [{name: value for name, value in row.items() if name != "rewardkit"} for row in rows] == ROWS
    assert [row["rewardkit"]["reward"] for row in rows] == [1.5, 0.5, 1.5, 0.5]
    assert rows[3]["rewardkit"]["scores"] == {
        "column": {
            "value": None,
            "status": "abstained",
            "kind": "not_applicable",
            "weight": 1.0,
            "reason": "no value",
            "details": {},
        },
        "constant": {"value": 1.0, "status": "scored", "kind": "judged", "weight": 0.5, "reason": "", "details": {}},
    }


def test_rows_go_to_standard_output_and_the_summary_to_standard_error(folder: Path):
    done = score("rows.jsonl")
    assert [json.loads(line)["rewardkit"]["reward"] for line in done.stdout.splitlines()] == [1.5, 0.5, 1.5, 0.5]
    assert "4 rows: mean reward 1, std 0.5" in done.stderr
    assert "abstained 1 × column: no value (rows.jsonl, line 4)" in done.stderr
    assert "2 groups of several completions" in done.stderr
    assert "column solved by all completions in 1, some in 1, none in 0" in done.stderr


def test_standard_input_and_gzip_say_the_same(folder: Path):
    plain = score("rows.jsonl", "-o", "plain.jsonl")
    assert plain.returncode == 0
    score("-", "-o", "piped.jsonl", stdin=Path("rows.jsonl").read_text())
    Path("rows.jsonl.gz").write_bytes(gzip.compress(Path("rows.jsonl").read_bytes()))
    score("rows.jsonl.gz", "-o", "packed.jsonl.gz")
    assert Path("piped.jsonl").read_bytes() == Path("plain.jsonl").read_bytes()
    assert gzip.decompress(Path("packed.jsonl.gz").read_bytes()) == Path("plain.jsonl").read_bytes()


def test_the_summary_for_machines(folder: Path):
    done = score("rows.jsonl", "--json")
    content = json.loads(done.stdout)
    assert content["rows"] == 4
    assert content["reward"]["mean"] == 1.0
    column = content["scores"]["column"]
    assert (column["count"], column["abstained"], column["failed"], column["mean"]) == (3, 1, 0, pytest.approx(2 / 3))
    assert column["abstained_because"] == [
        {"kind": "not_applicable", "reason": "no value", "count": 1, "rows": ["rows.jsonl, line 4"]}
    ]
    assert content["groups"]["no_spread"] == 0


def test_timings_are_written_only_when_asked_for(folder: Path):
    score("rows.jsonl", "-o", "a.jsonl")
    score("rows.jsonl", "-o", "b.jsonl", "--timings")
    assert "elapsed_ms" not in Path("a.jsonl").read_text()
    assert all(s["elapsed_ms"] >= 0 for block in blocks("b.jsonl") for s in block["scores"].values())


def test_the_same_input_gives_the_same_bytes(folder: Path):
    command = f"{sys.executable} -m rewardkit score rows.jsonl -c rubric.yaml --plugin plugin.py"
    for name, workers in (("a.jsonl", 1), ("b.jsonl", 2)):  # two processes: sets have another order in each
        assert shell(f"{command} --workers {workers} -o {name}").returncode == 0
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()


def test_advantages_are_relative_to_the_group(folder: Path):
    assert score("rows.jsonl", "-o", "out.jsonl", "--advantages", "dr_grpo").returncode == 0
    assert [block["advantage"] for block in blocks("out.jsonl")] == [0.5, -0.5, 0.5, -0.5]
    refused = score("rows.jsonl", "-o", "out.jsonl", "--advantages", "gdpo")
    assert (refused.returncode, "needs the whole batch" in refused.stderr) == (2, True)


def test_fail_under_is_exit_code_1(folder: Path):
    assert score("rows.jsonl", "-o", "out.jsonl", "--fail-under", 1.0).returncode == 0
    failed = score("rows.jsonl", "-o", "out.jsonl", "--fail-under", 1.01)
    assert (failed.returncode, "the mean reward is 1" in failed.stderr) == (1, True)


def test_limit_map_and_progress(folder: Path):
    Path("odd.jsonl").write_text('{"q": "p", "text": "<think>a</think>b", "extra": {"truth": 7}}\n' * 3)
    Path("rubric.yaml").write_text("rewards: {column: {weight: [[0, 0], [1, 2]], params: {column: ground_truth}}}")
    places = ("--map", "completion=text", "--map", "prompt=q", "--map", "ground_truth=extra.truth")
    done = score("odd.jsonl", "-o", "out.jsonl", "--limit", 2, "--progress", 0.5, *places)
    assert done.returncode == 0, done.stderr
    assert [block["reward"] for block in blocks("out.jsonl")] == [7.0, 7.0]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ('{"completion": "a"}\n{"completion": "b', "bad.jsonl, line 2"),
        ("\x00\x01\x02", "bad.jsonl, line 1"),
        ('{"prompt": "p", "text": "t"}\n', "--map completion="),
        ('{"completion": "a"}\n{"completion": null}\n', "bad.jsonl, line 2: completion"),
        ('{"completion": "a"}\n[["b"]]\n', "bad.jsonl, line 2"),
    ],
)
def test_bad_input_is_named_and_writes_nothing(folder: Path, rows: str, said: str):
    Path("bad.jsonl").write_text(rows)
    done = score("bad.jsonl", "-o", "out.jsonl")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    written = {path.name for path in folder.iterdir()} - {"__pycache__"}  # of the plugin, unless Python writes none
    assert written == {"bad.jsonl", "rows.jsonl", "rubric.yaml", "plugin.py"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("score", "none.jsonl"), "none.jsonl"),
        (("score", "rows.jsonl", "-c", "none.yaml"), "none.yaml: cannot be read"),
        (("score", "rows.jsonl", "-o", "none/out.jsonl", "--plugin", "plugin.py"), "none"),
        (("score", "rows.jsonl", "--map", "truth"), "--map truth: write FIELD=COLUMN"),
        (("score", "rows.jsonl", "--map", "truth=answer"), "a sample has no field 'truth'"),
        (("score", "rows.jsonl", "--format", "verrl"), "did you mean 'verl'?"),
        (("score", "rows.jsonl", "--plugin", "none.py"), "none.py"),
        (("score", "rows.jsonl", "--resume"), "name its output with -o"),
        (
            ("score", "rows.jsonl", "-c", "code.yaml", "--sandbox", "bublewrap"),
            "no sandbox named 'bublewrap'; there are",
        ),
        (("score", "rows.jsonl", "--json", "-o", "-"), "both want standard output"),
        (("explain", "rows.jsonl", "-n", "9", "--plugin", "plugin.py"), "--row 9: the last row is 4"),
        (("score", "rows.jsonl", "-o", "out.jsonl.bz2", "--plugin", "plugin.py"), "packed .gz, .zst, .parquet"),
        (("score", "rows.jsonl", "--map", "group=a", "--map", "group=b"), "is given twice, with 'a' and 'b'"),
        (("score", "rows.jsonl", "--no-such-option"), "--no-such-option"),
    ],
)
def test_a_wrong_command_is_exit_code_2_with_the_fix(folder: Path, arguments: tuple[str, ...], said: str):
    Path("code.yaml").write_text("rewards: {code: {}}")
    rubric = () if "-c" in arguments else ("-c", "rubric.yaml")
    plugin = () if "--plugin" in arguments else ("--plugin", "plugin.py")
    done = rewardkit(*arguments, *rubric, *plugin)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_reward_that_does_not_start_is_exit_code_3(folder: Path):
    Path("rubric.yaml").write_text("rewards: {unbuildable: {}}")
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert (done.returncode, "no such model" in done.stderr) == (3, True)
    assert not Path("out.jsonl").exists()


def test_a_judge_that_fails_is_named_in_the_summary(folder: Path):
    Path("rubric.yaml").write_text("rewards: {obedient: {}}")
    Path("rows.jsonl").write_text('{"completion": "raise"}\n{"completion": "ok"}\n')
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert done.returncode == 0
    assert "failed 1 × obedient: 'obedient' raised ValueError: told to" in done.stdout
    assert "1 without a reward" in done.stdout
    assert [block["reward"] for block in blocks("out.jsonl")] == [None, 2.0]


@pytest.mark.skipif(sys.platform == "win32", reason="ends a run by SIGKILL")
@pytest.mark.parametrize("advantages", [(), ("--advantages", "grpo")])
def test_a_killed_run_is_resumed_byte_for_byte(folder: Path, advantages: tuple[str, ...]):
    Path("rubric.yaml").write_text(f"{RUBRIC}  obedient: {{weight: 0}}\nlimits: {{deadline_s: 600}}\n")
    met = folder / "met"
    met.mkdir()
    with Path("many.jsonl").open("w") as many:
        for number in range(8_000):
            completion = f"meet 2 {met}" if number == 7_000 else "x" * (number % 5)
            row = {"completion": completion, "group": str(number // 7), "value": number % 3}
            many.write(json.dumps(row) + "\n")
    (met / "another").touch()
    assert score("many.jsonl", "-o", "whole.jsonl", *advantages).returncode == 0
    shutil.rmtree(met)
    met.mkdir()  # it will stand at row 7,000
    command = [sys.executable, "-m", "rewardkit", "score", "many.jsonl", "-o", "cut.jsonl", "-c", "rubric.yaml"]
    process = subprocess.Popen([*command, "--plugin", "plugin.py", "--workers", "2", *advantages])
    until = time.monotonic() + 600
    while not any(path.stat().st_size > 100_000 for path in Path().glob(".cut.jsonl.*.partial")):
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (met / "another").touch()
    assert not Path("cut.jsonl").exists()
    resumed = score("many.jsonl", "-o", "cut.jsonl", "--resume", "--json", *advantages)
    assert resumed.returncode == 0, resumed.stderr
    assert Path("cut.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert json.loads(resumed.stdout)["rows"] == 8_000
    assert not list(Path().glob(".cut.jsonl.*"))


@pytest.mark.skipif(sys.platform == "win32", reason="interrupts as a terminal does")
def test_ctrl_c_ends_cleanly_and_offers_to_resume(folder: Path):
    Path("rubric.yaml").write_text("rewards: {obedient: {}}\nlimits: {deadline_s: 60}")
    Path("rows.jsonl").write_text('{"completion": "x"}\n' * 3000 + '{"completion": "hang"}\n')
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-o", "out.jsonl", "-c", "rubric.yaml"]
    process = subprocess.Popen([*command, "--plugin", "plugin.py"], stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 600
    while not any(path.stat().st_size for path in Path().glob(".out.jsonl.*.partial")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=900)
    assert process.returncode == 130
    assert "--resume continues from there" in said
    assert "rewardkit: interrupted" in said
    assert "Traceback" not in said


def interrupted(folder: Path) -> Path:
    """Leaves what a run over the rows that was killed leaves; returns the hidden file."""
    command = [sys.executable, "-m", "rewardkit", "score", "rows.jsonl", "-o", "out.jsonl", "-c", "rubric.yaml"]
    process = subprocess.Popen([*command, "--plugin", "plugin.py", "--workers", "1"], stderr=subprocess.DEVNULL)
    until = time.monotonic() + 600
    while not any(path.stat().st_size for path in folder.glob(".out.jsonl.*.partial")):
        assert time.monotonic() < until
        time.sleep(0.05)
    process.kill()
    process.wait()
    (partial,) = folder.glob(".out.jsonl.*.partial")
    return partial


@pytest.fixture
def killed(folder: Path) -> Path:
    """The hidden file of a run over rows.jsonl that was killed at its last row."""
    Path("rubric.yaml").write_text("rewards: {obedient: {}, constant: {params: {value: 2}}}\nlimits: {deadline_s: 60}")
    Path("rows.jsonl").write_text('{"completion": "x"}\n' * 3000 + '{"completion": "hang"}\n')
    partial = interrupted(folder)
    Path("rows.jsonl").write_text('{"completion": "x"}\n' * 3000 + '{"completion": "long"}\n')
    return partial


def test_a_run_that_is_wrong_itself_keeps_what_a_killed_one_left(killed: Path):
    before = killed.read_bytes()
    Path("wrong.yaml").write_text("rewards: {obedient: {}, constant: {params: {valeu: 2}}}")
    for arguments in (
        ("-c", "rubric.yaml", "--plugin", "typo.py"),
        ("-c", "wrong.yaml", "--plugin", "plugin.py"),
        ("-c", "rubric.yaml", "--plugin", "plugin.py", "--map", "grop=completion"),
        ("-c", "rubric.yaml", "--plugin", "plugin.py", "--advantages", "gdpo"),
    ):
        done = rewardkit("score", "rows.jsonl", "-o", "out.jsonl", *arguments)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert killed.read_bytes() == before


def test_a_killed_run_is_not_thrown_away_without_a_word(killed: Path):
    rows = killed.read_bytes().count(b"\n")
    refused = score("rows.jsonl", "-o", "out.jsonl")
    assert refused.returncode == 2
    assert f"a run that was killed left {rows:,} rows in {killed}: add --resume to continue" in refused.stderr
    assert score("rows.jsonl", "-o", "out.jsonl", "--resume").returncode == 0
    assert len(blocks("out.jsonl")) == 3001
    assert not killed.exists()


def test_a_plugin_that_has_changed_is_not_resumed(killed: Path):
    with Path("plugin.py").open("a") as plugin:
        plugin.write("# judges otherwise\n")
    refused = score("rows.jsonl", "-o", "out.jsonl", "--resume")
    assert (refused.returncode, "another rubric, plugin or version" in refused.stderr) == (2, True)
    assert killed.exists()


def test_parameters_may_be_bytes(folder: Path):
    Path("rubric.yaml").write_text("rewards: {constant: {params: {value: !!binary /w==}}}")
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)  # the reward wants a number, and says so
    Path("rubric.yaml").write_text("rewards: {constant: {when: {group: [!!binary /w==, a]}}}")
    done = score("rows.jsonl", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of a POSIX shell")
def test_a_reader_that_has_enough_ends_the_run_as_a_broken_pipe_does(folder: Path):
    Path("rows.jsonl").write_text('{"completion": "x"}\n' * 20_000)
    command = f"{sys.executable} -m rewardkit score rows.jsonl -c rubric.yaml --plugin plugin.py | head -n 1"
    done = shell(f"{command}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 141
    assert len(done.stdout.splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [
        "score rows.jsonl -c rubric.yaml --plugin plugin.py",
        "score rows.jsonl -c rubric.yaml --plugin plugin.py -o out.jsonl",
        "score rows.jsonl -c rubric.yaml --plugin plugin.py --json",
        "explain rows.jsonl -c rubric.yaml --plugin plugin.py",
        "plugins",
        "schema",
        "doctor",
        "doctor --json",
        "--help",
    ],
)
def test_output_that_takes_nothing_is_said_in_one_line(folder: Path, arguments: str):
    done = shell(f"{sys.executable} -m rewardkit {arguments} >/dev/full")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("rewardkit: standard output: cannot be written: No space left")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_standard_error_that_takes_nothing_ends_no_run(folder: Path):
    done = shell(f"{sys.executable} -m rewardkit score rows.jsonl -c rubric.yaml --plugin plugin.py 2>/dev/full")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)


@pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_lead_nowhere(folder: Path, closed: str):
    command = f"{sys.executable} -m rewardkit score rows.jsonl -c rubric.yaml --plugin plugin.py"
    done = shell(f"{command} -o out.jsonl {closed}")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    assert len(blocks("out.jsonl")) == 4


@pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")
def test_a_closed_standard_input_has_no_rows(folder: Path):
    done = shell(f"{sys.executable} -m rewardkit score - -c rubric.yaml --plugin plugin.py -o out.jsonl <&-")
    assert (done.returncode, done.stdout) == (0, "no rows\n"), done.stderr


def test_explain_finds_the_row_that_messages_name(folder: Path):
    Path("rows.jsonl").write_text("\n\n".join(json.dumps(row) for row in ROWS))
    done = rewardkit("explain", "rows.jsonl", "-n", 7, "-c", "rubric.yaml", "--plugin", "plugin.py")
    assert "rows.jsonl, line 7" in done.stdout
    assert "four" in done.stdout
    blank = rewardkit("explain", "rows.jsonl", "-n", 4, "-c", "rubric.yaml", "--plugin", "plugin.py")
    assert (blank.returncode, "that line is blank; the next row is 5" in blank.stderr) == (2, True)


def test_a_completion_cannot_write_to_the_terminal(folder: Path):
    evil = "\x1b[2Jraise\x9b31m\x08\x07"
    row = {"completion": evil, "prompt": evil, "answer": evil, "group": evil, evil: evil}
    Path("rows.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row) + "\n")
    Path("echo.py").write_text(
        "from rewardkit import Reward, Score, hookimpl\n"
        "class Echo(Reward):\n    name = 'echo'\n    def score(self, samples):\n"
        "        return [Score.abstained(s.completion_text, **{s.completion_text: '\\x1b'}) for s in samples]\n"
        "@hookimpl\ndef rewardkit_rewards():\n    return [Echo]\n"
    )
    Path("rubric.yaml").write_text("rewards: {echo: {}}")
    for command in (["explain", "rows.jsonl"], ["score", "rows.jsonl", "-o", "out.jsonl"], ["score", "rows.jsonl"]):
        done = rewardkit(*command, "-c", "rubric.yaml", "--plugin", "echo.py")
        assert done.returncode == 0, done.stderr
        shown = done.stderr if command[-1] == "rows.jsonl" and command[0] == "score" else done.stdout
        assert "␛[2Jraise" in shown
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", shown)
    named = rewardkit("score", "rows.jsonl", "-c", "rubric.yaml", "--plugin", "echo.py", "--map", "group=none")
    assert named.returncode == 2
    assert "\x1b" not in named.stderr


def test_failures_are_counted_at_the_end(folder: Path):
    Path("rubric.yaml").write_text("rewards: {obedient: {}}")
    Path("rows.jsonl").write_text('{"completion": "raise"}\n{"completion": "fail"}\n{"completion": "ok"}\n')
    assert score("rows.jsonl", "-o", "out.jsonl").stdout.endswith("2 judgements failed; the reasons are above\n")
    assert json.loads(score("rows.jsonl", "--json").stdout)["failed"] == 2


def test_explain_shows_what_each_reward_added(folder: Path):
    Path("rubric.yaml").write_text(
        "rewards: {column: {params: {column: value}}, probe: {reward: constant, weight: 0}, "
        "missing: {reward: column, params: {column: nothing}}}"
    )
    done = rewardkit("explain", "rows.jsonl", "-n", 3, "-c", "rubric.yaml", "--plugin", "plugin.py")
    assert done.returncode == 0, done.stderr
    text = re.sub(r"\s+", " ", done.stdout)
    assert "ground truth: 4" in text
    assert "column 1 1 1" in text
    assert "probe 1 0 nothing: weight 0" in text
    assert "missing – 1 nothing: left out" in text
    assert "reward 1 (sum)" in text


def test_plugins_lists_parameters_without_loading_what_is_heavy(folder: Path):
    code = (
        "import sys; from rewardkit.cli import app; app(['plugins', '--json'], standalone_mode=False);"
        "heavy = {'sympy', 'torch', 'docker', 'fasttext', 'numpy', 'math_verify', 'transformers', 'pyarrow'};"
        "assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    named = {reward["name"]: reward for reward in json.loads(done.stdout)["rewards"]}
    assert named.keys() >= {"math", "code", "format", "language"}
    assert named["format"]["params"]["preset"]["default"] == "auto"
    assert all(reward["description"] for reward in named.values())


def test_help_loads_nothing_heavy():
    code = (
        "import sys; from rewardkit.cli import app; app(['--help'], standalone_mode=False);"
        "assert not {'numpy', 'mpmath', 'sympy', 'torch', 'docker', 'fasttext', 'transformers'} & sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Judge every row of FILES" in done.stdout


def test_schema_is_json_for_editors(folder: Path):
    described = json.loads(rewardkit("schema", "--plugin", "plugin.py").stdout)
    assert described["properties"]["rewards"]["properties"].keys() >= {"math", "constant"}


def test_doctor_says_what_mends_what_is_missing(folder: Path):
    done = rewardkit("doctor", "--json")
    findings = {finding["name"]: finding for finding in json.loads(done.stdout)}
    assert done.returncode == 0, done.stdout
    assert findings["python"]["found"].startswith(sys.version.split()[0])
    assert all(finding["fix"] for finding in findings.values() if finding["state"] != "ok")


def test_doctor_does_not_take_a_folder_for_a_package(folder: Path):
    for name in ("transformers", "pyarrow", "torch"):
        Path(name).mkdir()
    done = rewardkit("doctor")
    assert (done.returncode, done.stderr) == (0, "")


ANSWERS = [
    {"id": "a", "prompt": "1 + 1?", "completion": "\\boxed{2}", "answer": "2", "lang": "no"},
    {"id": "b", "prompt": "1 + 2?", "completion": "\\boxed{2}", "answer": "3", "lang": "en"},
    {"id": "c", "prompt": "1 + 3?", "completion": "no idea", "answer": None, "lang": "en"},
]


def write(path: str, rows: list[dict]) -> None:
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def judged(*arguments: object) -> subprocess.CompletedProcess[str]:
    return rewardkit("score", *arguments, "--workers", 1)


def test_a_run_that_judged_nothing_is_not_a_success(folder: Path):
    write("rows.jsonl", [{"prompt": "p", "completion": "2", "solutoin": "2"}] * 2)
    done = judged("rows.jsonl", "-c", "math", "-o", "out.jsonl")
    assert done.returncode == 1
    for said in ("nothing was judged: math found no ground truth", "solutoin", "--map", "--allow-unjudged"):
        assert said in done.stderr
    assert done.stderr.index("nothing was judged") < done.stderr.index("--allow-unjudged")
    assert len(blocks("out.jsonl")) == 2
    assert judged("rows.jsonl", "-c", "math", "--allow-unjudged").returncode == 0
    assert judged("rows.jsonl", "-c", "math", "--map", "ground_truth=solutoin").returncode == 0
    assert json.loads(judged("rows.jsonl", "-c", "math", "--json").stdout)["unjudged"] == "abstained"


def test_a_reward_that_fails_everywhere_is_exit_code_3(folder: Path):
    Path("rubric.yaml").write_text("rewards: {obedient: {}, constant: {}}")
    write("rows.jsonl", [{"completion": "raise"}] * 2)
    for more in ((), ("--allow-unjudged",)):
        done = score("rows.jsonl", *more)
        assert (done.returncode, "nothing was judged by obedient: it failed on every row" in done.stderr) == (3, True)
    Path("rubric.yaml").write_text("rewards: {obedient: {weight: 0}, constant: {}}")
    assert score("rows.jsonl").returncode == 0  # a probe: nobody is paid by it


def test_a_reward_that_is_for_other_rows_is_no_fault(folder: Path):
    write("rows.jsonl", ANSWERS)
    done = judged("rows.jsonl", "-o", "out.jsonl")
    assert done.returncode == 0, done.stderr
    assert "× code" not in done.stdout
    assert not re.search(r"^code", done.stdout, re.MULTILINE)


def test_a_closed_gate_is_a_judgement(folder: Path):
    write("rows.jsonl", [ANSWERS[0]])
    Path("r.yaml").write_text("rewards: {format: {weight: 0.1}, math: {gate: format}}")
    assert judged("rows.jsonl", "-c", "r.yaml").returncode == 0


def test_a_condition_that_never_holds_is_a_warning(folder: Path):
    write("rows.jsonl", ANSWERS)
    Path("r.yaml").write_text("rewards: {math: {when: {lang: [No]}}, format: {when: {langauge: no}}}")
    done = judged("rows.jsonl", "-c", "r.yaml")
    assert "rewards.math.when: lang is never 'No'; the rows have 'no', 'en'" in done.stderr
    assert "rewards.format.when: no row has a column 'langauge'" in done.stderr
    Path("r.yaml").write_text("rewards: {math: {when: {lang: no}}}")
    assert "when:" not in judged("rows.jsonl", "-c", "r.yaml").stderr


def test_validate_checks_a_rubric_and_rows_without_judging(folder: Path):
    write("rows.jsonl", ANSWERS)
    assert rewardkit("validate", "r1").returncode == 0
    done = rewardkit("validate", "math", "rows.jsonl")
    assert (done.returncode, "ground_truth in 2" in done.stdout) == (0, True), done.stderr
    Path("r.yaml").write_text("rewards: {math: {when: {lang: de}}}")
    done = rewardkit("validate", "r.yaml", "rows.jsonl")
    assert (done.returncode, "lang is never 'de'" in done.stderr) == (1, True)
    write("other.jsonl", [{"prompt": "p", "completion": "x"}])
    done = rewardkit("validate", "math", "other.jsonl")
    assert (done.returncode, "rewards.math reads ground_truth, which no row has" in done.stderr) == (1, True)
    Path("r.yaml").write_text("rewards: {mth: {}}")
    assert rewardkit("validate", "r.yaml").returncode == 2


def test_a_sample_is_chosen_by_its_seed(folder: Path):
    write("rows.jsonl", [{"completion": str(number), "value": number} for number in range(100)])
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        done = score("rows.jsonl", "-o", f"{name}.jsonl", "--sample", 5, "--seed", seed)
        assert done.returncode == 0, done.stderr
    chosen = {
        name: [row["value"] for row in map(json.loads, Path(f"{name}.jsonl").read_text().splitlines())]
        for name in "abc"
    }
    assert len(chosen["a"]) == 5
    assert chosen["a"] == chosen["b"] == sorted(chosen["a"])
    assert chosen["a"] != chosen["c"]
    refused = score("rows.jsonl", "--sample", 5, "--advantages", "grpo")
    assert (refused.returncode, "needs whole groups" in refused.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--id", "b"], ["line 2"]),
        (["--id", "c", "--id", "a"], ["line 1", "line 3"]),
        (["-n", 1, "-n", 3], ["line 1", "line 3"]),
        (["--where", "scores.math.value == 0"], ["line 2"]),
        (["--where", "lang == 'en' and scores.math.status != 'scored'"], ["line 3"]),
        (["--status", "abstained"], ["line 3"]),
        (["--status", "scored", "--first", 1], ["line 1"]),
        ([], ["line 1"]),
    ],
)
def test_explain_finds_rows(folder: Path, arguments: list[object], shown: list[str]):
    write("rows.jsonl", ANSWERS)
    done = rewardkit("explain", "rows.jsonl", "-c", "math", *arguments)
    assert done.returncode == 0, done.stderr
    assert re.findall(r"rows\.jsonl, (line \d)", done.stdout) == shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--id", "z"], "--id z: no row has it in id, "),
        (["--where", "reward > 2"], "no row for which reward > 2 holds"),
        (["--where", "reward >"], "--where"),
        (["--status", "lost"], "write scored, abstained or failed"),
        (["--id", "a", "--status", "failed"], "use one or the other"),
    ],
)
def test_explain_names_what_it_does_not_find(folder: Path, arguments: list[object], said: str):
    write("rows.jsonl", ANSWERS)
    done = rewardkit("explain", "rows.jsonl", "-c", "math", *arguments)
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr


def test_explain_shows_whole_texts_with_their_lines(folder: Path):
    program = "\n".join(f"print({number})" for number in range(60))
    write("rows.jsonl", [{"prompt": "Print.", "completion": program, "answer": "x"}])
    short = rewardkit("explain", "rows.jsonl", "-c", "math").stdout
    assert "  print(3)\n  print(4)\n" in short
    assert "24 lines left out; --full shows them" in short
    assert "print(30)" in rewardkit("explain", "rows.jsonl", "-c", "math", "--full").stdout


def test_redact_shows_no_text_of_the_row(folder: Path):
    write(
        "rows.jsonl",
        [{"prompt": "SECRETP", "completion": "raise SECRETC", "answer": "SECRETA", "group": "SECRETG"}] * 2,
    )
    Path("echo.py").write_text(
        "from rewardkit import Reward, Score, hookimpl\n"
        "class Echo(Reward):\n    name = 'echo'\n    def score(self, samples):\n"
        "        return [Score.abstained(s.completion_text, kind='undecidable', it=s.prompt) for s in samples]\n"
        "@hookimpl\ndef rewardkit_rewards():\n    return [Echo]\n"
    )
    Path("rubric.yaml").write_text("rewards: {echo: {}, math: {}}")
    for command in ("score", "explain"):
        arguments = [command, "rows.jsonl", "-c", "rubric.yaml", "--plugin", "echo.py"]
        arguments += ["-o", "out.jsonl"] if command == "score" else []
        assert "SECRET" in rewardkit(*arguments).stdout
        done = rewardkit(*arguments, "--redact")
        assert "SECRET" not in done.stdout + done.stderr
        assert "undecidable" in done.stdout


def test_debug_shows_prints_and_tracebacks(folder: Path):
    write("rows.jsonl", [{"completion": "print"}, {"completion": "raise"}])
    Path("loud.py").write_text(
        "from rewardkit import Reward, Score, hookimpl\n"
        "class Loud(Reward):\n    name = 'loud'\n    def score(self, samples):\n"
        "        print('heard', samples[0].completion_text)\n"
        "        if samples[0].completion_text == 'raise':\n            raise ValueError('told to')\n"
        "        return [Score.scored(1.0)]\n"
        "@hookimpl\ndef rewardkit_rewards():\n    return [Loud]\n"
    )
    Path("rubric.yaml").write_text("rewards: {loud: {}}")
    arguments = ["score", "rows.jsonl", "-c", "rubric.yaml", "--plugin", "loud.py", "-o"]
    done = rewardkit(*arguments, "a.jsonl", "--debug")
    assert "heard print" in done.stdout + done.stderr
    assert "Traceback" in done.stderr
    assert "in score" in done.stderr
    rewardkit(*arguments, "b.jsonl")
    assert Path("a.jsonl").read_bytes() == Path("b.jsonl").read_bytes()
    refused = rewardkit(*arguments, "c.jsonl", "--pdb", stdin="")
    assert (refused.returncode, "needs a terminal" in refused.stderr) == (2, True)


def test_a_rubric_with_code_needs_trust(folder: Path):
    Path("rubric.yaml").write_text("plugins: [plugin.py]\nrewards: {constant: {}}")
    refused = rewardkit("score", "rows.jsonl", "-c", "rubric.yaml")
    assert (refused.returncode, "it needs your consent" in refused.stderr) == (2, True)
    assert rewardkit("score", "rows.jsonl", "-c", "rubric.yaml", "--trust").returncode == 0


def test_quiet_and_verbose(folder: Path):
    usual = score("rows.jsonl", "-o", "a.jsonl")
    quiet = score("rows.jsonl", "-o", "b.jsonl", "-q")
    assert "rows/s" in usual.stderr
    assert quiet.stderr == ""
    assert "4 rows" in quiet.stdout


@pytest.mark.parametrize("command", ["score", "explain", "plugins", "rubrics", "doctor", "validate"])
def test_nothing_is_cut_at_80_columns(folder: Path, command: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    alias = "a_reward_with_a_name_that_is_rather_long"
    Path("rubric.yaml").write_text(f"rewards: {{constant: {{}}, {alias}: {{reward: constant}}}}")
    more = {
        "score": ["rows.jsonl", "-c", "rubric.yaml", "--plugin", "plugin.py", "-o", "out.jsonl"],
        "explain": ["rows.jsonl", "-c", "rubric.yaml", "--plugin", "plugin.py"],
        "validate": ["rubric.yaml", "--plugin", "plugin.py"],
    }.get(command, [])
    done = rewardkit(command, *more)
    assert done.returncode == 0, done.stderr
    assert "…" not in done.stdout
    if more:
        assert alias in re.sub(r"\s", "", done.stdout)
        assert all(
            len(line) <= 80 for line in done.stdout.splitlines() if line.startswith(("score", "constant", "reward"))
        )


def test_version_and_help(folder: Path):
    assert re.fullmatch(r"rewardkit \d+\.\d+\.\d+\n", rewardkit("--version").stdout)
    assert rewardkit("-h").stdout == rewardkit("--help").stdout
    usage = rewardkit("score", "-h").stdout
    assert "bool" not in usage
    assert all(len(line) <= 80 for line in usage.splitlines())


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("rewardkit score --format ", "messages"),
        ("rewardkit score -c r", "r1"),
        ("rewardkit plugins ma", "math"),
        ("rewardkit score --advantages dr", "dr_grpo"),
        ("rewardkit explain --status fa", "failed"),
        ("rewardkit rubrics da", "dapo"),
    ],
)
def test_a_shell_completes_values(folder: Path, monkeypatch: pytest.MonkeyPatch, words: str, value: str):
    monkeypatch.setenv("_REWARDKIT_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", words)
    monkeypatch.setenv("COMP_CWORD", str(len(words.split(" ")) - 1))
    assert value in rewardkit().stdout.split()


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_a_console_of_another_encoding_ends_no_run(folder: Path, monkeypatch: pytest.MonkeyPatch, encoding: str):
    write("rows.jsonl", [{"completion": "鸡 → 兔", "prompt": "鸡", "group": "鸡", "value": None}] * 2)
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    command = [sys.executable, "-m", "rewardkit"]
    for arguments in (["score", "rows.jsonl", "-o", "out.jsonl"], ["explain", "rows.jsonl"]):
        done = subprocess.run(
            [*command, *arguments, "-c", "rubric.yaml", "--plugin", "plugin.py"], capture_output=True, check=False
        )
        assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
        assert b"value" in done.stdout or b"column" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
@pytest.mark.parametrize("command", ["--help", "plugins", "score rows.jsonl -c ../rubric.yaml", "doctor"])
def test_a_working_directory_that_is_gone_is_said(folder: Path, command: str):
    done = shell(f"mkdir gone && cd gone && rmdir ../gone && {sys.executable} -m rewardkit {command}")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2)


def test_text_in_tables_is_not_obeyed(folder: Path):
    evil = "0 × all good\u202e :skull: \u200b\u2028[red]x\n\x9bfailed"
    write("rows.jsonl", [{"completion": evil, "prompt": evil, "group": evil}] * 2)
    Path("echo.py").write_text(
        "from rewardkit import Reward, Score, hookimpl\n"
        "class Echo(Reward):\n    name = 'echo'\n    def score(self, samples):\n"
        "        return [Score.abstained(s.completion_text, kind='undecidable') for s in samples]\n"
        "@hookimpl\ndef rewardkit_rewards():\n    return [Echo]\n"
    )
    Path("rubric.yaml").write_text("rewards: {echo: {}}")
    for arguments in (["score", "rows.jsonl", "-o", "out.jsonl"], ["explain", "rows.jsonl"]):
        shown = rewardkit(*arguments, "-c", "rubric.yaml", "--plugin", "echo.py").stdout
        assert not re.search("[\u202e\u200b\u2028\x9b]", shown)
        assert ":skull:" in shown
        assert "[red]x" in shown
    summary = rewardkit("score", "rows.jsonl", "-c", "rubric.yaml", "--plugin", "echo.py", "--json").stdout
    assert "\x9b" not in summary
