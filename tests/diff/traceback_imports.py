# Tracebacks of imports do not show the import system's own frames.
import os
import shutil
import sys
import tempfile
import traceback

d = tempfile.mkdtemp()
sys.path.insert(0, d)
sys.dont_write_bytecode = True
files = {
    "fails": "1 / 0\n",
    "nested": "import fails\n",
    "wants": "from os import no_such_name\n",
    "lacks": "import no_such_module\n",
    "wrong": "x = (\n",
    "deep": "def f():\n    import nested\nf()\n",
    "raises_import": "raise ImportError('mine')\n",
    "pkg/__init__": "",
    "pkg/sub": "import pkg.other\n",
    "pkg/other": "{}['k']\n",
    "pkg/relative": "from . import nothing_here\n",
}
for name, text in files.items():
    path = os.path.join(d, name + ".py")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def show(statement):
    print("---", statement)
    try:
        exec(statement, {"__name__": "x"})
    except Exception as e:
        for frame in traceback.extract_tb(e.__traceback__):
            # Lines of the library are those of its maintenance release.
            own = frame.filename.startswith((d, "<string>")) or frame.filename == __file__
            print("  ", os.path.basename(frame.filename), frame.lineno if own else "", frame.name, frame.line)
        print(type(e).__name__, str(e).replace(d, "<d>").replace(os.__file__, "<os>"))


for s in ["import fails", "import nested", "import wants", "import lacks", "import wrong", "import deep", "import raises_import", "import pkg.sub",
          "from pkg import sub", "from pkg import relative", "import pkg.nothing", "from pkg import nothing", "import fails.deeper", "import os.nothing",
          "__import__('fails')", "import importlib; importlib.import_module('fails')", "import importlib; importlib.import_module('nothing')"]:
    show(s)


class Finder:
    def find_spec(self, name, path, target=None):
        if name == "broken_finder":
            raise ValueError("finder")


sys.meta_path.insert(0, Finder())
show("import broken_finder")
shutil.rmtree(d)

# A submodule that is not there yet.
d = tempfile.mkdtemp()
sys.path.insert(0, d)
os.mkdir(os.path.join(d, "circle"))
for name, text in {"__init__": "from . import child", "child": "import circle\ntry:\n    circle.child\nexcept AttributeError as e:\n    print(e)\ntry:\n    circle.other\nexcept AttributeError as e:\n    print(e)\n"}.items():
    with open(os.path.join(d, "circle", name + ".py"), "w") as f:
        f.write(text)
import circle
with open(os.path.join(d, "circle", "late.py"), "w") as f:
    f.write("import circle\ntry:\n    circle.late\nexcept AttributeError as e:\n    print(e)\n")
import circle.late
shutil.rmtree(d)
