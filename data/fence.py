"""Limits a process sets on itself before it opens a file from outside."""

from __future__ import annotations

import ctypes
import sys

NEW_USER, NEW_NETWORK = 0x1000_0000, 0x4000_0000
"""Flags of unshare(2): namespaces of users and of network devices."""
NO_NEW_PRIVILEGES = 38
"""Option of prctl(2): what is started later gains no rights."""
LIBRARIES_BYTES = 2_000_000_000
"""Address space that libraries and their threads reserve without using it."""
FILES = 256


def fence(*, memory_bytes: int, cpu_s: float, file_bytes: int) -> list[str]:
    """Shut the network and cap memory, time and files, as far as the system can.

    Parameters
    ----------
    memory_bytes
        What the process may use beyond its libraries.
    cpu_s
        Processor seconds.
    file_bytes
        Largest file it may write.

    Returns
    -------
    list of str
        The fences that stand: "network", "memory", "time", "files", "privileges".
    """
    if sys.platform == "win32":
        return []
    return _limits(memory_bytes, cpu_s, file_bytes) + _namespaces()


def _limits(memory_bytes: int, cpu_s: float, file_bytes: int) -> list[str]:
    import resource

    seconds = max(1, round(cpu_s))
    wanted = [
        ("memory", resource.RLIMIT_AS, memory_bytes + LIBRARIES_BYTES),
        ("time", resource.RLIMIT_CPU, seconds),
        ("files", resource.RLIMIT_FSIZE, file_bytes),
        ("", resource.RLIMIT_NOFILE, FILES),
        ("", resource.RLIMIT_CORE, 0),
    ]
    stand = []
    for name, which, limit in wanted:
        try:
            resource.setrlimit(which, (limit, limit))
        except (ValueError, OSError):
            continue
        stand.append(name)
    return [name for name in stand if name]


def _namespaces() -> list[str]:
    if not sys.platform.startswith("linux"):
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    stand = []
    if libc.unshare(NEW_USER | NEW_NETWORK) == 0:
        stand.append("network")
    if libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0) == 0:
        stand.append("privileges")
    return stand
