"""The filter, run by an interpreter of classic BPF: each call gets the answer that the policy says."""

import errno
import struct

import pytest

from rewardkit_sandbox import seccomp
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
        if operation == seccomp.LOAD:
            (accumulator,) = struct.unpack_from("=I", data, operand)
        elif operation == seccomp.AND:
            accumulator &= operand
        elif operation == seccomp.RETURN:
            return operand
        else:
            holds = {
                seccomp.JUMP_EQUAL: accumulator == operand,
                seccomp.JUMP_GREATER_EQUAL: accumulator >= operand,
                seccomp.JUMP_ANY_BIT: bool(accumulator & operand),
            }[operation]
            at += if_true if holds else if_false


@pytest.mark.parametrize(("machine", "arch"), [("x86_64", X86), ("aarch64", ARM)])
def test_every_number_gets_the_answer_of_the_policy(machine, arch):
    code = seccomp.program(machine)
    free = set(allowed(machine))
    conditional = {table[machine] for table in BY_ARGUMENTS.values()}
    for number in range(700):
        if number not in conditional:
            assert verdict(code, number, arch) == (ALLOW if number in free else NO_SUCH_CALL), number


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
