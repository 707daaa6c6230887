"""The protocol of the programs in this folder: `prog.py [repeat] [ms]`.

The kernel runs `repeat` times (default 1). The first line of output is a deterministic check value
that is the same on every runtime; with `ms` each run adds a line `ms <milliseconds>`, in order, so
that the reader can tell warm-up from the steady state.
"""
import sys
import time


def main(kernel):
    repeat = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    want_times = "ms" in sys.argv[2:]
    check = None
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        result = kernel()
        times.append(time.perf_counter() - start)
        if check is not None and result != check:
            raise SystemExit("the kernel is not deterministic: %r != %r" % (result, check))
        check = result
    print(check)
    if want_times:
        for t in times:
            print("ms %.4f" % (t * 1000))
