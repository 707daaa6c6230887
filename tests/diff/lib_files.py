"""Real files in a temporary directory through os, tempfile, open, pathlib, shutil."""
import os
import pathlib
import shutil
import sys
import tempfile

with tempfile.TemporaryDirectory() as d:
    p = os.path.join(d, "a.txt")
    with open(p, "w", encoding="utf-8") as f:
        print(f.write("héllo\nline 2\n"), f.mode, f.closed, f.name == p, f.encoding)
    print(f.closed, os.path.getsize(p), os.path.exists(p), os.path.isfile(p), os.path.isdir(d))
    with open(p, encoding="utf-8") as f:
        print(f.readline(), f.tell(), f.read(), f.seek(0), next(f), list(f))
    with open(p, "ab") as f:
        f.write(b"\xff\x00")
        print(f.tell())
    with open(p, "rb") as f:
        print(f.read(), f.seek(-3, 2), f.read(1), f.readable(), f.writable(), f.fileno() > 2)
    with open(p, "r+b") as f:
        f.seek(1)
        f.write(b"ZZ")
        f.truncate(5)
    print(open(p, "rb").read())
    try:
        open(p, "x")
    except FileExistsError as e:
        print(e.errno, e.strerror, e.filename == p)
    for bad in (lambda: open(os.path.join(d, "none")), lambda: open(d), lambda: os.mkdir(d), lambda: os.remove(d + "/q"), lambda: os.rmdir(p), lambda: os.listdir(p), lambda: os.stat(d + "/nope"), lambda: open(p, "rb", encoding="x"), lambda: open(p, buffering=0), lambda: open("a\0b"), lambda: open(p, "w").read()):
        try:
            bad()
        except Exception as e:
            print(type(e).__name__, getattr(e, "strerror", None) or e)
    os.makedirs(d + "/sub/deep")
    for n in "cab":
        pathlib.Path(d, "sub", n + ".py").write_text("x" * ord(n))
    print(sorted(os.listdir(d)), [(os.path.relpath(r, d), sorted(ds), sorted(fs)) for r, ds, fs in os.walk(d)], sorted(e.name for e in os.scandir(d + "/sub") if e.is_file()))
    q = pathlib.Path(d) / "sub" / "c.py"
    print(q.name, q.stem, q.suffix, q.parent.name, q.read_text()[:3], q.exists(), sorted(x.name for x in q.parent.glob("*.py")), q.with_suffix(".txt").name, len(q.read_bytes()))
    os.rename(q, d + "/moved")
    os.symlink(d + "/moved", d + "/link")
    print(os.path.islink(d + "/link"), os.readlink(d + "/link") == d + "/moved", oct(os.stat(d + "/moved").st_mode)[:4], os.access(d, os.W_OK), os.path.samefile(d + "/moved", d + "/link"))
    shutil.copy(p, d + "/copy")
    shutil.rmtree(d + "/sub")
    print(sorted(os.listdir(d)))
    fd = os.open(d + "/low", os.O_CREAT | os.O_RDWR)
    print(os.write(fd, b"raw bytes"), os.lseek(fd, 0, 0), os.read(fd, 3), os.fstat(fd).st_size, os.close(fd))
    with tempfile.NamedTemporaryFile(dir=d, suffix=".q") as t, tempfile.TemporaryFile("w+") as u, tempfile.SpooledTemporaryFile() as v:
        t.write(b"1")
        u.write("2")
        u.seek(0)
        print(t.name.endswith(".q"), u.read(), v.write(b"3"))
    r, w = os.pipe()
    os.write(w, b"through pipe")
    os.close(w)
    with os.fdopen(r) as f:
        print(f.read())
print(os.path.exists(d), os.path.join("a", "/b", "c"), os.path.split("/x/y.z"), os.path.splitext("a.tar.gz"), os.path.normpath("a/../b//c/."), os.path.basename("/q/"), os.path.commonpath(["/a/b", "/a/c"]), os.sep, os.linesep, os.fspath(pathlib.PurePath("a")), os.environ.get("PYTHONHASHSEED"), pathlib.PurePosixPath("/a/b").parts)
os.environ["RIVET_T"] = "v"
print(os.getenv("RIVET_T"), os.strerror(2), sys.getfilesystemencoding(), os.fsencode("é"), os.getpid() > 0, os.getcwd() != "")
