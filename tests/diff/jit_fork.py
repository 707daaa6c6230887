"""Forking while code is being compiled: parent and children go on, and compile what is hot in them."""
import os


def work(n, k):
    total = 0
    for i in range(n):
        total += i % k
    return total


def more(n):
    out = []
    for i in range(n):
        out.append(work(50, i % 5 + 1))
    return sum(out)


def child(number):
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    code = 1
    try:
        a = work(40000 + number, number + 2)
        b = more(3000)
        code = (a + b) % 200
    finally:
        os._exit(code)


for number in range(12):
    # Hot by the time of the fork, with a different loop each time.
    exec(f"def loop(n):\n    t = 0\n    for i in range(n):\n        t += i ^ {number}\n    return t")
    print(number, loop(9000), child(number), work(3000, number + 1), more(200))
