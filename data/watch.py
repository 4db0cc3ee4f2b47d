"""A child process seen from outside: how much memory it holds, and its end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

SYSTEM: str = sys.platform


def resident_bytes(pid: int) -> int:
    """Give the memory a process holds, 0 if it has ended or cannot be asked."""
    if SYSTEM.startswith("linux"):
        return _linux(pid)
    if SYSTEM == "win32":
        return _windows(pid)
    return _ps(pid)


def _linux(pid: int) -> int:
    try:
        pages = Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _ps(pid: int) -> int:
    """Ask ps, which is on every Unix, for kilobytes."""
    command = ["/bin/ps", "-o", "rss=", "-p", str(pid)]
    try:
        found = subprocess.run(command, capture_output=True, timeout=5, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return 0
    text = found.stdout.strip()
    return int(text) * 1024 if text.isdigit() else 0


def _windows(pid: int) -> int:
    """Ask Windows for the working set (PROCESS_MEMORY_COUNTERS, field 3)."""
    kernel = ctypes.WinDLL("kernel32")  # type: ignore[attr-defined]
    handle = kernel.OpenProcess(0x1000 | 0x10, False, pid)
    if not handle:
        return 0
    counters = (ctypes.c_size_t * 10)()
    counters[0] = ctypes.sizeof(counters)
    kernel.K32GetProcessMemoryInfo(handle, ctypes.byref(counters), counters[0])
    kernel.CloseHandle(handle)
    return int(counters[2])


def stop(child: subprocess.Popen[bytes]) -> None:
    """End a process and those it started, if it still runs, and wait for it."""
    if child.poll() is None:
        if SYSTEM == "win32":
            child.kill()
        else:
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
