"""Saves with filelock and os.replace: one save for each line read, and the nanoseconds it took as the answer.

With `hand-over LOCK COUNT HOLD REST OUTPUT` it takes the lock COUNT times, as Benchmarks/README.md says.
"""

import os
import sys
import tempfile
import time

from filelock import FileLock


def save(folder, content, durable):
    path = os.path.join(folder, "state.json")
    with FileLock(path + ".lock"):
        descriptor, temporary = tempfile.mkstemp(dir=folder)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        if durable:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            os.fsync(descriptor)
            os.close(descriptor)


def answer(folder, length, durable):
    content = b"x" * length
    for _ in sys.stdin:
        start = time.perf_counter_ns()
        save(folder, content, durable)
        print(time.perf_counter_ns() - start, flush=True)


def hand_over(path, count, hold, rest, output):
    with open(output, "w", encoding="ascii") as times:
        for _ in range(count):
            lock = FileLock(path)
            with lock:
                taken = time.monotonic_ns()
                time.sleep(hold / 1e6)
                released = time.monotonic_ns()
            times.write(f"{taken} {released}\n")
            time.sleep(rest / 1e6)


if sys.argv[1] == "save":
    answer(sys.argv[2], int(sys.argv[3]), sys.argv[4] == "durable")
else:
    hand_over(sys.argv[2], *map(int, sys.argv[3:6]), sys.argv[6])
