"""Reads /proc/PID/stat and schedstat."""

import os

STATE, PARENT, CPU, CPU_END, THREADS, START = 0, 1, 11, 15, 17, 19
"""Places in what `stat_fields` gives: the fields 3, 4, 14 to 17, 20 and 22 of proc_pid_stat(5)."""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def stat_fields(pid: int) -> list[bytes]:
    """The fields that follow a process's name, its state first; empty where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rsplit(b")", 1)[1].split()
    except (OSError, IndexError):
        return []


def started(pid: int) -> str:
    """When a process started, in ticks since boot: tells it from a later one of the same number; empty without one."""
    fields = stat_fields(pid)
    return fields[START].decode() if fields else ""


def cpu_s(pid: int) -> float:
    """Processor time of a process and of its children that have ended; 0 where there is no such process."""
    return sum(map(int, stat_fields(pid)[CPU:CPU_END])) / TICKS_PER_S


def run_delay_s(pid: int) -> float:
    """Seconds that a process was ready and waited for a processor; 0 where the kernel does not count that."""
    try:
        with open(f"/proc/{pid}/schedstat", "rb") as schedstat:
            return int(schedstat.read().split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


def last_pid() -> int:
    """The process number that was given last, in this PID namespace; 0 where that is not shown."""
    try:
        with open("/proc/loadavg", "rb") as loadavg:
            return int(loadavg.read().split()[4])
    except (OSError, IndexError):
        return 0


def pids() -> list[int]:
    """The processes that can be seen."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def parents() -> dict[int, int]:
    """The parent of each process that can be seen."""
    found = ((pid, stat_fields(pid)) for pid in pids())
    return {pid: int(fields[PARENT]) for pid, fields in found if fields}


def family(firsts: list[int], parents: dict[int, int]) -> list[int]:
    """Processes and all their descendants."""
    found = set(firsts)
    grew = True
    while grew:
        new = {pid for pid, parent in parents.items() if parent in found and pid not in found}
        found |= new
        grew = bool(new)
    return sorted(found)
