# `os`: owners, limits, file systems, terminals, sessions, descriptors at offsets.
import os
import shutil
import sys
import tempfile


def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return f"{type(e).__name__}: {e}"


for n in ["chown", "lchown", "fchown", "fchmod", "fchdir", "fdatasync", "sync", "lockf", "mkfifo", "pread", "pwrite", "sendfile", "statvfs", "fstatvfs",
          "openpty", "ttyname", "sysconf", "getloadavg", "device_encoding", "major", "minor", "makedev", "wait", "setsid", "getpgid", "setreuid", "setgroups",
          "killpg", "nice", "getpriority", "getresuid", "tcgetpgrp"]:
    print(n, getattr(os, n).__text_signature__)
d = tempfile.mkdtemp()
p = os.path.join(d, "f")
with open(p, "wb+") as f:
    fd = f.fileno()
    print(os.pwrite(fd, b"0123456789", 0), os.pread(fd, 4, 3), os.pread(fd, 4, 100), os.lseek(fd, 0, 1), attempt(os.pread, fd, -1, 0), attempt(os.pread, fd, "a", 0))
    os.fchmod(fd, 0o640)
    os.fdatasync(fd)
    print(oct(os.fstat(fd).st_mode & 0o777), os.fchown(fd, -1, -1), os.chown(fd, -1, -1), os.chown(p, os.getuid(), os.getgid()), os.lchown(p, -1, -1))
    print(os.lockf(fd, os.F_LOCK, 0), os.lockf(fd, os.F_TEST, 0), os.lockf(fd, os.F_ULOCK, 0))
    with open(p + "2", "wb") as out:
        print(os.sendfile(out.fileno(), fd, 2, 5), os.sendfile(out.fileno(), fd, None, 3), os.lseek(fd, 0, 1))
    with open(p + "2", "rb") as out:
        print(out.read())
    s, t = os.statvfs(p), os.fstatvfs(fd)
    print(type(s).__name__, len(s), s.n_fields, s[:2] == t[:2], s.f_namemax, s == os.statvfs(fd), s.f_fsid == t.f_fsid)
    print(os.device_encoding(fd))
for args in [(p, "a", 1), (p, 1.5, 0), (p, 2 ** 80, 0), (p, -5, 0), (p, 0, 2 ** 33), ("/no/such", 0, 0), (p,), (p, -1, -1, None)]:
    print(attempt(os.chown, *args))
print(shutil.disk_usage(d)._fields, attempt(os.statvfs, "/no/such"), attempt(os.fstatvfs, 9999), attempt(os.statvfs, None))
os.mkfifo(p + "3")
import stat
print(stat.S_ISFIFO(os.stat(p + "3").st_mode), attempt(os.mkfifo, p + "3") == f"FileExistsError: [Errno 17] File exists: '{p}3'")
here = os.open(d, os.O_RDONLY)
os.fchdir(here)
print(sorted(os.listdir(".")), os.path.realpath(os.getcwd()) == os.path.realpath(d))
os.chdir("/")
os.close(here)
shutil.rmtree(d)
print(os.sysconf("SC_PAGESIZE"), os.sysconf(os.sysconf_names["SC_CLK_TCK"]), os.sysconf("SC_OPEN_MAX") > 0, os.sysconf("SC_NPROCESSORS_ONLN") >= 1)
print(attempt(os.sysconf, "nope"), attempt(os.sysconf, 1.5), attempt(os.sysconf, 99999), len(os.getloadavg()))
a, b = os.openpty()
print(os.isatty(a), os.isatty(b), os.ttyname(b).startswith("/dev/"), os.get_inheritable(a), attempt(os.ttyname, 9999), attempt(os.tcgetpgrp, 9999))
os.close(a)
os.close(b)
print(os.major(0x801), os.minor(0x801), os.makedev(8, 1) == 0x801)
print(os.getpgid(0) == os.getpgrp(), os.getsid(0) > 0, os.getresuid() == (os.getuid(), os.geteuid(), os.geteuid()), isinstance(os.getgroups(), list), attempt(os.getpgid, -1), attempt(os.killpg, 2 ** 22 + 5, 0))
print(os.getpriority(os.PRIO_PROCESS, 0) == os.nice(0), attempt(os.setpriority, 99, 0, 0), attempt(os.setuid, "x"), attempt(os.setreuid, 1), attempt(os.setgroups, 3))
m = os.memfd_create("name")
print(os.write(m, b"abc"), os.pread(m, 9, 1), os.get_inheritable(m))
sys.stdout.flush()
pid = os.fork()
if not pid:
    os.setsid()
    os._exit(3 if os.getsid(0) == os.getpid() == os.getpgrp() else 4)
got, status = os.wait()
print(got == pid, os.waitstatus_to_exitcode(status), os.WIFCONTINUED(status), os.WCOREDUMP(status), attempt(os.wait))
