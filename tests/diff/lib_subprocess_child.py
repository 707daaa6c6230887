# What a child process is made to be before it runs another program.
import os
import subprocess
import sys


def attempt(f):
    try:
        return f()
    except Exception as e:
        return f"{type(e).__name__}: {e}"


def sh(command, **kw):
    return subprocess.run(["sh", "-c", command], capture_output=True, text=True, **kw).stdout.strip()


print(sh("pwd", preexec_fn=lambda: os.chdir("/")))
print(sh("echo $V", preexec_fn=lambda: os.putenv("V", "set"), env=None))
print(attempt(lambda: subprocess.run(["true"], preexec_fn=lambda: 1 / 0)))
junk = []
print(sh("echo ok", preexec_fn=lambda: junk.extend(object() for _ in range(50000))), len(junk))
print(attempt(lambda: subprocess.run(["true"], cwd="/no/such/place")), attempt(lambda: subprocess.run(["/no/such/program"])))
order = []
os.register_at_fork(before=lambda: order.append("before"), after_in_parent=lambda: order.append("parent"), after_in_child=lambda: order.append("child"))
print(sh("true", preexec_fn=lambda: order.append("preexec")), order)
print(sh("umask", umask=0o27), sh("umask", umask=0o27, preexec_fn=lambda: os.umask(0o22) and None))
for kw in [dict(user=2 ** 40), dict(user=-5), dict(group=-2), dict(extra_groups=[2 ** 40]), dict(user="nosuchuser")]:
    print(attempt(lambda: sh("id -u", **kw)))
if os.getuid() == 0:
    print(sh("id -u", user=65534) == "65534", sh("id -G", group=3, extra_groups=[1, 2]) == "3 1 2")
argument = b"\xff\xc3\xa9\xed\xa0\x80"
out = subprocess.run([sys.executable, "-c", "import sys, os; print(ascii(sys.argv[1]), os.fsencode(sys.argv[1]), ascii(sys.orig_argv[-1]))", argument], capture_output=True)
print(out.stdout)
for args in [["-c", "import sys; print(sys.argv)", "a", "-b"], ["-", "x"], ["-c", "import sys; print(sys.flags.dev_mode, sys.warnoptions)"]]:
    print(subprocess.run([sys.executable, *args], input="import sys; print(sys.argv)", capture_output=True, text=True, env={**os.environ, "PYTHONDEVMODE": "1"}).stdout)
