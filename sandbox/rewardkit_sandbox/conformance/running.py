"""Programs run, and are told apart by what they do."""

from rewardkit_sandbox.conformance.checking import QUICK, ask, check, require, says, tests_of
from rewardkit_sandbox.guest.wire import decode, split_frames
from rewardkit_sandbox.protocol import Answers, Driven, Limits, Sandbox


@check
def runs_a_program_on_standard_input_and_output(sandbox: Sandbox) -> None:
    result = ask(sandbox, "import sys\nprint(int(input()) ** 2)\nprint('e', file=sys.stderr)\nexit(3)", stdin=b"12\n")
    require((result.stdout, result.stderr, result.end, result.code) == (b"144\n", b"e\n", "exit", 3), result)


@check
def passes_bytes_unchanged(sandbox: Sandbox) -> None:
    data = bytes(range(256)) * 500
    result = ask(sandbox, "import sys\nsys.stdout.buffer.write(sys.stdin.buffer.read())", stdin=data)
    require(result.stdout == data, "input and output differ")


@check
def opens_standard_streams_by_name(sandbox: Sandbox) -> None:
    source = "print(open('/dev/stdin').read(), file=open('/dev/stdout', 'w'))"
    result = ask(sandbox, source, stdin=b"x")
    require(result.stdout == b"x\n", result)


@check
def runs_what_is_registered_for_the_end(sandbox: Sandbox) -> None:
    says(sandbox, "import atexit\natexit.register(print, 'end')\nprint('start')", "start\nend")


@check
def waits_for_threads_and_processes_of_a_pool(sandbox: Sandbox) -> None:
    says(
        sandbox,
        "import concurrent.futures as c, multiprocessing as m\n"
        "with c.ThreadPoolExecutor(3) as pool: print(sum(pool.map(abs, range(4))))\n"
        "if __name__ == '__main__':\n"
        "    with m.Pool(2) as pool: print(sum(pool.map(abs, range(4))))",
        "6\n6",
        Limits(cpu_s=5, wall_s=30.0),
    )


@check
def answers_calls_one_frame_each(sandbox: Sandbox) -> None:
    source = "def f(xs):\n    xs.append(1)\n    return {'n': len(xs), (1, 2): {3.5}}"
    result = sandbox.run(Answers(source, [[[]], [[5]]], "f", after=True), QUICK)
    frames, rest = split_frames(result.channel)
    values = [decode(frame) for frame in frames]
    expected = [
        ["loaded"],
        ["ok", {"n": 1, (1, 2): {3.5}}, [[1]]],
        ["ok", {"n": 2, (1, 2): {3.5}}, [[5, 1]]],
    ]
    require((values, rest) == (expected, b""), values)


@check
def drives_tests_against_a_program_in_another_process(sandbox: Sandbox) -> None:
    tests = tests_of("assert f(2) == 3", "assert f(2) == 4")
    result = sandbox.run(Driven("def f(x):\n    return x + 1", tests), QUICK)
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    require(
        [frame[:3] for frame in frames]
        == [
            ["loaded", ""],
            ["test", "test 1", True],
            ["test", "test 2", False],
            ["done", 2],
        ],
        frames,
    )


@check
def keeps_the_tests_out_of_the_program(sandbox: Sandbox) -> None:
    """The expected value is nowhere in the program's memory, files, descriptors or environment."""
    source = """
import os, re
def f(x):
    found = set()
    needle = re.compile(b"exp" + b"ected-([0-9]+)")
    for line in open("/proc/self/maps"):
        span, mode = line.split()[:2]
        low, high = (int(part, 16) for part in span.split("-"))
        if "r" in mode and high - low < 1 << 28:
            try:
                with open("/proc/self/mem", "rb", 0) as memory:
                    memory.seek(low)
                    found |= set(needle.findall(memory.read(high - low)))
            except (OSError, ValueError):
                pass
    for fd in range(64):
        try:
            found |= set(needle.findall(os.pread(fd, 1 << 20, 0)))
        except OSError:
            pass
    return sorted(found)
"""
    tests = tests_of("secret = 'expected-12345'\nassert f(1) == []")
    result = sandbox.run(Driven(source, tests), Limits(cpu_s=10, wall_s=30.0))
    frames = [decode(frame) for frame in split_frames(result.channel)[0]]
    require(frames[1:2] == [["test", "test 1", True, ""]], frames)


@check
def tells_a_crash_from_an_exit(sandbox: Sandbox) -> None:
    result = ask(sandbox, "import ctypes\nctypes.string_at(0)")
    require((result.end, result.code) == ("signal", 11), result)


@check
def gives_the_same_answer_every_time(sandbox: Sandbox) -> None:
    source = "print(list({'a', 'b', 'c', 'd', 'e'}), hash('x'))"
    require(len({ask(sandbox, source).stdout for _ in range(3)}) == 1, "the order of a set differs from run to run")
