"""The filter, run by an interpreter of classic BPF: each call gets the answer that the policy says."""

import errno
import struct

import pytest

from rewardkit_sandbox import bpf, seccomp
from rewardkit_sandbox.syscalls import BY_ARGUMENTS, NOT_WITHOUT_NAMESPACES, allowed, number

ALLOW = seccomp.ALLOW
NO_SUCH_CALL = seccomp.ERRNO | errno.ENOSYS
X86, ARM = seccomp.AUDIT_ARCH["x86_64"], seccomp.AUDIT_ARCH["aarch64"]


def verdict(code: bytes, number: int, arch: int, *arguments: int) -> int:
    data = struct.pack("=iIQ6Q", number, arch, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    program = [struct.unpack_from("=HBBI", code, at) for at in range(0, len(code), 8)]
    accumulator, at = 0, 0
    while True:
        operation, if_true, if_false, operand = program[at]
        at += 1
        if operation == bpf.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif operation == bpf.AND:
            accumulator &= operand
        elif operation == bpf.RETURN:
            return operand
        else:
            holds = {
                bpf.JUMP_EQUAL: accumulator == operand,
                bpf.JUMP_GREATER_EQUAL: accumulator >= operand,
                bpf.JUMP_ANY_BIT: bool(accumulator & operand),
            }[operation]
            at += if_true if holds else if_false


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_every_number_gets_the_answer_of_the_policy(machine, arch):
    code = seccomp.program(machine)
    free = set(allowed(machine))
    conditional = {table[machine] for table in BY_ARGUMENTS.values()}
    for call in range(700):
        if call not in conditional:
            assert verdict(code, call, arch) == (ALLOW if call in free else NO_SUCH_CALL), call


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_only_unix_sockets_can_be_made(machine, arch):
    code = seccomp.program(machine)
    answers = {family: verdict(code, number("socket", machine), arch, family) for family in range(50)}
    assert [family for family, answer in answers.items() if answer == ALLOW] == [1]
    assert answers[2] == seccomp.ERRNO | errno.EAFNOSUPPORT


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_clone_makes_processes_and_threads_but_no_namespace(machine, arch):
    code = seccomp.program(machine)
    fork, thread = 17, 0x003D0F00
    for flags in (fork, thread):
        assert verdict(code, number("clone", machine), arch, flags) == ALLOW
    for bit in (0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
        assert verdict(code, number("clone", machine), arch, fork | bit) == seccomp.ERRNO | errno.EPERM


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_the_limit_of_cpu_time_can_be_read_and_not_set(machine, arch):
    code = seccomp.program(machine)
    cpu, stack, pointer = 0, 3, 1 << 40
    denied = seccomp.ERRNO | errno.EPERM
    assert verdict(code, number("setrlimit", machine), arch, cpu, pointer) == denied
    assert verdict(code, number("setrlimit", machine), arch, stack, pointer) == ALLOW
    assert verdict(code, number("prlimit64", machine), arch, 0, cpu, pointer) == denied
    assert verdict(code, number("prlimit64", machine), arch, 0, cpu, 8) == denied
    assert verdict(code, number("prlimit64", machine), arch, 0, cpu, 0, pointer) == ALLOW
    assert verdict(code, number("prlimit64", machine), arch, 0, stack, pointer) == ALLOW


def test_calls_of_another_abi_do_not_pass():
    code = seccomp.program("x86_64")
    i386 = 0x40000003
    assert verdict(code, 1, i386) == seccomp.KILL
    assert verdict(code, 0x40000000 | 1, X86) == NO_SUCH_CALL


@pytest.mark.parametrize(
    ("machine", "numbers"),
    [
        (
            "x86_64",
            {"ptrace": 101, "mount": 165, "unshare": 272, "setns": 308, "bpf": 321, "keyctl": 250, "clone3": 435},
        ),
        (
            "aarch64",
            {"ptrace": 117, "mount": 40, "unshare": 97, "setns": 268, "bpf": 280, "keyctl": 219, "clone3": 435},
        ),
    ],
)
def test_what_reaches_out_of_a_sandbox_is_not_in_the_list(machine, numbers):
    assert not set(numbers.values()) & set(allowed(machine))


def test_a_machine_without_a_list_gets_no_filter():
    with pytest.raises(KeyError):
        seccomp.program("riscv64")


MACHINES = pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
REFUSED = seccomp.ERRNO | errno.EPERM
OWN, OTHER, SIGKILL, SIGTERM = seccomp.OWN, 4711, 9, 15


@MACHINES
def test_a_run_without_namespaces_makes_no_call_that_reaches_what_is_not_its_own(machine, arch):
    code = seccomp.program(machine, shared=True)
    for name in NOT_WITHOUT_NAMESPACES:
        if name not in ("chmod", "utime", "utimes", "futimesat", "inotify_init") or machine == "x86_64":
            assert verdict(code, number(name, machine), arch) == NO_SUCH_CALL, name
            assert verdict(seccomp.program(machine), number(name, machine), arch) == ALLOW, name


@MACHINES
def test_a_run_without_namespaces_connects_nothing_but_pairs(machine, arch):
    code = seccomp.program(machine, shared=True)
    unix, stream, datagram, seqpacket, nonblocking = 1, 1, 2, 5, 0o4000
    assert verdict(code, number("socket", machine), arch, unix) == seccomp.ERRNO | errno.EAFNOSUPPORT
    pair = number("socketpair", machine)
    assert [verdict(code, pair, arch, unix, kind) for kind in (stream, seqpacket, stream | nonblocking)] == [ALLOW] * 3
    assert verdict(code, pair, arch, unix, datagram) == REFUSED
    assert verdict(code, pair, arch, 30, stream) == seccomp.ERRNO | errno.EAFNOSUPPORT


@MACHINES
@pytest.mark.parametrize("signals", [True, False])
def test_sigkill_never_reaches_the_first_process(machine, arch, signals):
    code = seccomp.program(machine, shared=True, signals=signals)
    kill, tgkill = number("kill", machine), number("tgkill", machine)
    everybody, own_group = 2**32 - 1, 2**32 - OWN
    for target in (OWN, 0, everybody, own_group):
        assert verdict(code, kill, arch, target, SIGKILL) == REFUSED, target
    assert verdict(code, tgkill, arch, OWN, OWN, SIGKILL) == REFUSED
    assert verdict(code, kill, arch, OWN, SIGTERM) == ALLOW
    assert verdict(code, kill, arch, 0, SIGTERM) == ALLOW
    assert verdict(code, tgkill, arch, OWN, OWN + 1, SIGTERM) == ALLOW


@MACHINES
def test_where_nothing_else_does_the_filter_keeps_signals_to_the_run(machine, arch):
    kept = seccomp.program(machine, shared=True, signals=False)
    free = seccomp.program(machine, shared=True, signals=True)
    for name, arguments in (("kill", (OTHER, SIGTERM)), ("kill", (OTHER, SIGKILL)), ("tgkill", (OTHER, OTHER, 6))):
        assert verdict(kept, number(name, machine), arch, *arguments) == REFUSED
        assert verdict(free, number(name, machine), arch, *arguments) == ALLOW


@MACHINES
def test_a_run_without_namespaces_sets_no_limits_of_others(machine, arch):
    code = seccomp.program(machine, shared=True)
    call, files, pointer = number("prlimit64", machine), 7, 1 << 40
    assert verdict(code, call, arch, OTHER, files, pointer) == REFUSED
    assert verdict(code, call, arch, OTHER, files, 0, pointer) == ALLOW
    assert verdict(code, call, arch, 0, files, pointer) == ALLOW
    assert verdict(code, call, arch, 0, 0, pointer) == REFUSED


@MACHINES
def test_a_run_without_namespaces_uses_no_call_that_reaches_through_a_descriptor(machine, arch):
    code = seccomp.program(machine, shared=True)
    set_owner, set_signal, get_flags, move_extents, is_terminal, bytes_ready = 8, 10, 3, 0xC028660F, 0x5401, 0x541B
    fcntl, ioctl, prctl = (number(name, machine) for name in ("fcntl", "ioctl", "prctl"))
    assert [verdict(code, fcntl, arch, 3, command) for command in (set_owner, set_signal)] == [REFUSED] * 2
    assert verdict(code, fcntl, arch, 3, get_flags) == ALLOW
    assert verdict(code, ioctl, arch, 3, move_extents) == REFUSED
    assert [verdict(code, ioctl, arch, 3, command) for command in (is_terminal, bytes_ready)] == [ALLOW] * 2
    not_dumpable, name = 4, 15
    assert verdict(code, prctl, arch, not_dumpable) == REFUSED
    assert verdict(code, prctl, arch, name) == ALLOW


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_priority_and_processors_can_be_set_for_oneself_alone(machine, arch):
    code = seccomp.program(machine)
    denied = seccomp.ERRNO | errno.EPERM
    priority, affinity = number("setpriority", machine), number("sched_setaffinity", machine)
    process, user, supervisor = 0, 2, 1
    assert verdict(code, priority, arch, process, 0, 19) == ALLOW
    assert verdict(code, priority, arch, process, supervisor, 19) == denied
    assert verdict(code, priority, arch, user, 0, 19) == denied
    assert verdict(code, affinity, arch, 0, 8) == ALLOW
    assert verdict(code, affinity, arch, supervisor, 8) == denied


PAIR, STREAM, DATAGRAM, POINTER = 1, 1, 2, 1 << 40
ARGUMENTS = [
    ("socket", (1, 1), "ALLOW", "NO_FAMILY"),
    ("socket", (2, 1), "NO_FAMILY", "NO_FAMILY"),
    ("socket", (16, 3), "NO_FAMILY", "NO_FAMILY"),
    ("socketpair", (1, STREAM), "ALLOW", "ALLOW"),
    ("socketpair", (1, DATAGRAM), "ALLOW", "REFUSE"),
    ("socketpair", (2, STREAM), "NO_FAMILY", "NO_FAMILY"),
    ("clone", (17,), "ALLOW", "ALLOW"),
    ("clone", (0x10000000 | 17,), "REFUSE", "REFUSE"),
    ("setrlimit", (0, POINTER), "REFUSE", "REFUSE"),
    ("setrlimit", (4, POINTER), "REFUSE", "REFUSE"),
    ("setrlimit", (7, POINTER), "ALLOW", "ALLOW"),
    ("prlimit64", (0, 7, POINTER), "ALLOW", "ALLOW"),
    ("prlimit64", (0, 0, POINTER), "REFUSE", "REFUSE"),
    ("prlimit64", (1, 7, POINTER), "REFUSE", "REFUSE"),
    ("prlimit64", (1, 7, 0, POINTER), "ALLOW", "ALLOW"),
    ("setpriority", (0, 0, 19), "ALLOW", "NO_CALL"),
    ("setpriority", (0, 1, 19), "REFUSE", "NO_CALL"),
    ("setpriority", (1, 0, 19), "REFUSE", "NO_CALL"),
    ("sched_setaffinity", (0, 8), "ALLOW", "NO_CALL"),
    ("sched_setaffinity", (1, 8), "REFUSE", "NO_CALL"),
    ("prctl", (4, 0), "ALLOW", "REFUSE"),
    ("prctl", (15, 0), "ALLOW", "ALLOW"),
    ("fcntl", (3, 8), "ALLOW", "REFUSE"),
    ("fcntl", (3, 3), "ALLOW", "ALLOW"),
    ("ioctl", (3, 0x5401), "ALLOW", "ALLOW"),
    ("ioctl", (3, 0xC028660F), "ALLOW", "REFUSE"),
    ("kill", (OWN, SIGKILL), "ALLOW", "REFUSE"),
    ("kill", (0, SIGKILL), "ALLOW", "REFUSE"),
    ("kill", (2**32 - 1, SIGKILL), "ALLOW", "REFUSE"),
    ("kill", (OWN, SIGTERM), "ALLOW", "ALLOW"),
    ("kill", (OTHER, SIGTERM), "ALLOW", "ALLOW"),
    ("tgkill", (OWN, OWN, SIGKILL), "ALLOW", "REFUSE"),
    ("tgkill", (OWN, OWN, SIGTERM), "ALLOW", "ALLOW"),
    ("tgkill", (OTHER, OTHER, SIGTERM), "ALLOW", "ALLOW"),
]


@MACHINES
@pytest.mark.parametrize(("name", "arguments", "alone", "shared"), ARGUMENTS, ids=str)
def test_a_call_gets_the_answer_of_the_table(machine, arch, name, arguments, alone, shared):
    for code, answer in ((seccomp.program(machine), alone), (seccomp.program(machine, shared=True), shared)):
        assert verdict(code, number(name, machine), arch, *arguments) == getattr(seccomp, answer)


def test_every_call_with_a_rule_is_in_the_table():
    assert {name for name, *_ in ARGUMENTS} == {*seccomp.RULES, *seccomp.rules_shared(signals=True)}


def test_a_jump_goes_to_its_label():
    code = bpf.Assembler()
    code.load(seccomp.NR)
    code.jump_if_equal(7, "seven")
    code.jump_unless_equal(8, "neither")
    code.give(8)
    code.label("seven")
    code.give(7)
    code.label("neither")
    code.give(0)
    assert [verdict(code.assembled(), call, X86) for call in (6, 7, 8)] == [0, 7, 8]


def test_jumps_that_the_kernel_would_not_make_are_errors():
    def program(between, label="there"):
        code = bpf.Assembler()
        code.jump_if_equal(1, "there")
        for _ in range(between):
            code.give(0)
        code.label(label)
        code.give(1)
        return code

    assert len(program(255).assembled()) == 8 * 257
    with pytest.raises(ValueError, match="goes 256 instructions far"):
        program(256).assembled()
    with pytest.raises(ValueError, match="there is no label 'there'"):
        program(1, label="elsewhere").assembled()
    back = bpf.Assembler()
    back.label("there")
    back.jump_if_equal(1, "there")
    with pytest.raises(ValueError, match="goes -1 instructions far"):
        back.assembled()
    with pytest.raises(ValueError, match="the label 'there' stands twice"):
        back.label("there")
