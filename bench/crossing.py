"""Seconds per loop of calls into a module `simple`: the one of cpyext-benchmarks, or ours of the same shape.

    cc -shared -fPIC -O2 -I <include> <folder>/simple.c -o <folder>/simple.so
    python3.11 bench/crossing.py <folder> [rounds]
    rivet bench/crossing.py <folder> [rounds]

The source of ours is crates/cli/tests/boundary/simple.c. Each line: nanoseconds per call, the loop included, best of five.
"""

import sys
import time

sys.path.insert(0, sys.argv[1])
ROUNDS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000

import simple


def noargs(o, n):
    for i in range(n):
        o.noargs()


def onearg_none(o, n):
    for i in range(n):
        o.onearg(None)


def onearg_int(o, n):
    for i in range(n):
        o.onearg(i)


def varargs(o, n):
    for i in range(n):
        o.varargs(None, None)


def allocate_int(o, n):
    for i in range(n):
        o.allocate_int()


def allocate_tuple(o, n):
    for i in range(n):
        o.allocate_tuple()


def length(o, n):
    for i in range(n):
        len(o)


def item(o, n):
    for i in range(n):
        o[0]


BOTH = [noargs, onearg_none, onearg_int, varargs, allocate_int, allocate_tuple]
for name, owner, loops in [("simple", simple, BOTH), ("Foo()", simple.Foo(), BOTH + [length, item])]:
    for loop in loops:
        best = None
        for _ in range(5):
            start = time.process_time()
            loop(owner, ROUNDS)
            took = time.process_time() - start
            best = took if best is None else min(best, took)
        print(f"{name:8}{loop.__name__:16}{best / ROUNDS * 1e9:8.1f}")
