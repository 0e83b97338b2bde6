# SPDX-License-Identifier: EUPL-1.2
"""What a process costs while it runs, out of /proc."""
import os
import time


def threads(pid):
    """{thread: (name, CPU in seconds, times it woke up)}; empty when it is gone."""
    seen = {}
    try:
        for t in os.listdir("/proc/%d/task" % pid):
            base = "/proc/%d/task/%s/" % (pid, t)
            with open(base + "comm", encoding="ascii") as f:
                name = f.read().strip()
            with open(base + "schedstat", encoding="ascii") as f:
                cpu = int(f.read().split()[0]) / 1e9
            with open(base + "status", encoding="ascii") as f:
                woke = sum(int(line.split()[1]) for line in f if line.startswith("voluntary_ctxt_switches"))
            seen[t] = (name, cpu, woke)
    except (OSError, IndexError):
        pass
    return seen


def memory(pid, what="Pss"):
    """Mebibytes; 0 when it is gone."""
    try:
        with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
            return sum(int(line.split()[1]) for line in f if line.startswith(what + ":")) / 1024
    except (OSError, IndexError):
        return 0.0


def watch(process, every_s=0.02, pss=False):
    """Wait for its end; (status, peak PSS, {thread: (name, CPU, wake-ups)})."""
    peak, seen = 0.0, {}
    while process.poll() is None:
        if pss:
            peak = max(peak, memory(process.pid))
        seen.update(threads(process.pid))
        time.sleep(every_s)
    return process.returncode, peak, seen


def over(pid, seconds):
    """CPU seconds and wake-ups of all threads in that time."""
    before = threads(pid)
    time.sleep(seconds)
    after = threads(pid)
    cpu = sum(after[t][1] - before[t][1] for t in after if t in before)
    return cpu, sum(after[t][2] - before[t][2] for t in after if t in before)
