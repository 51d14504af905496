"""A program reaches nothing but what is its own."""

from rewardkit_sandbox.conformance.checking import check, says, separates, tried
from rewardkit_sandbox.protocol import Sandbox


@check
def holds_no_capability_and_gains_none(sandbox: Sandbox) -> None:
    says(
        sandbox,
        "s = dict(line.split(':', 1) for line in open('/proc/self/status'))\n"
        "print([int(s[c], 16) for c in ('CapEff', 'CapPrm', 'CapInh', 'CapAmb')])\n"
        "print(int(s['NoNewPrivs']), int(s['Seccomp']))",
        "[0, 0, 0, 0]\n1 2",
    )
    says(sandbox, tried("import os\nos.setuid(0)\nok = True"), "False")


@check
def makes_no_namespace(sandbox: Sandbox) -> None:
    for flag in (0x10000000, 0x20000000, 0x00020000, 0x40000000, 0x08000000):
        says(sandbox, tried(f"import ctypes\nok = ctypes.CDLL(None).unshare({flag}) == 0"), "False")
        clone = f"""
import ctypes, os
r = ctypes.CDLL(None).syscall(56 if os.uname().machine == 'x86_64' else 220, {flag} | 17, 0, 0, 0, 0)
if r == 0: os._exit(0)
ok = r > 0
"""
        says(sandbox, tried(clone), "False")


@check
def refuses_dangerous_system_calls(sandbox: Sandbox) -> None:
    """By their numbers on x86-64 or aarch64: keyctl, bpf, perf_event_open, userfaultfd, io_uring_setup, ptrace, …"""
    says(
        sandbox,
        """
import ctypes, os
x86 = {"keyctl": 250, "add_key": 248, "bpf": 321, "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425,
       "ptrace": 101, "mount": 165, "setns": 308, "open_by_handle_at": 304, "process_vm_readv": 310, "pidfd_getfd": 438,
       "kexec_load": 246, "init_module": 175, "shmget": 29, "msgget": 68, "semget": 64, "mq_open": 240, "fsopen": 430,
       "memfd_create": 319, "clone3": 435, "seccomp": 317, "pivot_root": 155, "chroot": 161}
arm = {"keyctl": 219, "add_key": 217, "bpf": 280, "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425,
       "ptrace": 117, "mount": 40, "setns": 268, "open_by_handle_at": 265, "process_vm_readv": 270, "pidfd_getfd": 438,
       "kexec_load": 104, "init_module": 105, "shmget": 194, "msgget": 186, "semget": 190, "mq_open": 180,
       "fsopen": 430, "memfd_create": 279, "clone3": 435, "seccomp": 277, "pivot_root": 41, "chroot": 51}
libc = ctypes.CDLL(None, use_errno=True)
for name, number in (x86 if os.uname().machine == "x86_64" else arm).items():
    ctypes.set_errno(0)
    result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
    if result >= 0 or ctypes.get_errno() not in (1, 38):
        print(name, result, ctypes.get_errno())
print("done")
""",
        "done",
    )


@check
def sees_no_network(sandbox: Sandbox) -> None:
    says(sandbox, tried("import socket\nsocket.create_connection(('127.0.0.1', 22), 1)\nok = True"), "False")
    says(sandbox, tried("import socket\nsocket.socket(socket.AF_INET).bind(('', 0))\nok = True"), "False")
    says(sandbox, tried("import socket\nsocket.socket(16, socket.SOCK_RAW)\nok = True"), "False")
    says(sandbox, "import socket\na, b = socket.socketpair()\na.send(b'x')\nprint(b.recv(1))", "b'x'")


@check
def writes_to_nothing_but_its_own_file_system(sandbox: Sandbox) -> None:
    says(
        sandbox,
        """
import os
found = []
folders = ["/", "/usr", "/usr/bin", "/etc", "/dev", "/proc", "/opt", "/var", "/home", "/root"]
for folder in [*folders, os.path.dirname(os.__file__)]:
    try:
        os.close(os.open(folder + "/.probe", os.O_CREAT | os.O_WRONLY))
        found.append(folder)
    except OSError:
        pass
for path in ["core_pattern", "modprobe", "panic", "randomize_va_space"]:
    try:
        os.close(os.open("/proc/sys/kernel/" + path, os.O_WRONLY))
        found.append(path)
    except OSError:
        pass
print(found)
""",
        "[]",
    )


@separates("process numbers")
def sees_no_process_of_the_machine(sandbox: Sandbox) -> None:
    """Besides its own at most the few that serve the sandbox itself."""
    others = "{p for p in os.listdir('/proc') if p.isdigit()} - {str(os.getpid())}"
    says(sandbox, f"import os\nprint(len({others}) <= 3)", "True")


@check
def sees_nothing_of_the_caller(sandbox: Sandbox) -> None:
    """Neither its environment, nor its descriptors, nor the folders where its tests and keys lie."""
    says(
        sandbox,
        """
import os
names = set(os.environ) - {"PATH", "HOME", "TMPDIR", "LANG", "PYTHONHASHSEED", "LD_LIBRARY_PATH", "PWD", "LC_CTYPE"}
names -= {"PYTHONPATH"}
open_ones = []
for fd in range(3, 256):
    try:
        os.fstat(fd)
        open_ones.append(fd)
    except OSError:
        pass
print(sorted(names), open_ones)
""",
        "[] []",
    )


@check
def opens_no_file_of_the_machine(sandbox: Sandbox) -> None:
    """Nothing where secrets lie, and nothing of a process that is not its own but what it is called."""
    says(
        sandbox,
        """
import os
def told(path):
    try:
        if os.path.islink(path):
            return os.readlink(path)
        return os.listdir(path) if os.path.isdir(path) else open(path, "rb").read(100)
    except OSError:
        return ""
paths = ["/root", "/home", "/var", "/var/tmp", "/run", "/sys/block", "/sys/class", "/sys/devices"]
paths += ["/etc/shadow", "/etc/passwd", "/etc/hostname", "/dev/shm/x", "/dev/mqueue", "/dev/pts"]
for pid in {"1", str(os.getppid())} - {str(os.getpid())}:
    paths += [f"/proc/{pid}/{name}" for name in ("environ", "maps", "mem", "fd", "cwd", "root", "exe", "stack", "io")]
print([path for path in paths if told(path) not in ("", b"", [], b"sandbox\\n")])
""",
        "[]",
    )


@check
def reads_nothing_of_the_machines_network(sandbox: Sandbox) -> None:
    """Which connections there are; an empty list is one of a namespace of its own."""
    says(
        sandbox,
        """
found = []
for name in ("net/tcp", "net/tcp6", "net/udp", "self/net/tcp", "thread-self/net/tcp"):
    try:
        with open("/proc/" + name) as file:
            found += file.read().splitlines()[1:]
    except OSError:
        pass
print(found)
""",
        "[]",
    )


@separates("metadata")
def sees_no_file_of_the_machine(sandbox: Sandbox) -> None:
    says(
        sandbox,
        """
import os
paths = ("/root", "/home", "/var", "/run", "/sys/class/net", "/sys/kernel/mm", "/etc/shadow", "/etc/passwd")
print([path for path in paths if os.path.exists(path)])
""",
        "[]",
    )


@check
def changes_no_metadata_of_the_machine(sandbox: Sandbox) -> None:
    says(
        sandbox,
        """
import os, sys
done = []
for path in ("/usr", "/usr/bin", "/tmp", sys.executable, os.__file__):
    for change in (
        lambda: os.chmod(path, os.stat(path).st_mode), lambda: os.utime(path), lambda: os.chown(path, -1, -1)
    ):
        try:
            if not path.startswith("/tmp") or os.stat(path).st_uid != os.getuid() and not os.path.ismount(path):
                change()
                done.append(path)
        except OSError:
            pass
print(done)
""",
        "[]",
    )


@check
def reaches_no_process_but_its_own(sandbox: Sandbox) -> None:
    """Neither by signals, nor by limits, priorities and processors, nor through the owner of a descriptor's signals."""
    says(
        sandbox,
        """
import fcntl, os, resource, signal
others = {pid for pid in (os.getppid(), 1, os.getppid() - 1) if pid > 0} - {os.getpid()}
done = []
for pid in others:
    read, write = os.pipe()
    for name, reach in (
        ("kill", lambda: os.kill(pid, signal.SIGUSR1)),
        ("group", lambda: os.getpgid(pid) > 1 and os.killpg(os.getpgid(pid), 0) or os.kill(pid, 0)),
        ("pidfd", lambda: signal.pidfd_send_signal(os.pidfd_open(pid), signal.SIGUSR1)),
        ("limit", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (64, 64))),
        ("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19)),
        ("processors", lambda: os.sched_setaffinity(pid, {0})),
        ("memory", lambda: open("/proc/%d/mem" % pid, "rb")),
        ("descriptors", lambda: os.listdir("/proc/%d/fd" % pid)),
    ):
        try:
            reach()
            done.append(name)
        except OSError:
            pass
print(done)
""",
        "[]",
    )
