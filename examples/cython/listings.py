"""Writes docs/typed/: what Rivet mines from Cython modules, and what it does not and why. One command, which makes its own
environments (a network is needed): python3.11 examples/cython/listings.py RIVET [WORK FOLDER]
"""
import os
import pathlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv

HERE = pathlib.Path(__file__).resolve().parent
OUT = HERE.parent.parent / "docs" / "typed"
CYTHONS = ("0.29.37", "3.3.1")
SCIPY = ("scipy==1.17.1", "numpy==1.26.4")
COMMAND = "python3.11 examples/cython/listings.py RIVET"


def run(*command, cwd=None, env=None):
    return subprocess.run(list(map(str, command)), cwd=cwd, env=env, check=True, capture_output=True, text=True).stdout


def python(work, name, *packages):
    """The interpreter of an environment with these packages."""
    folder = work / name
    if not folder.exists():
        venv.create(folder, with_pip=True)
        run(folder / "bin" / "pip", "install", "-q", *packages)
    return folder / "bin" / "python"


def shapes(work, version):
    """The folder of the example, built by this Cython."""
    folder = work / ("shapes-" + version)
    folder.mkdir(exist_ok=True)
    for name in ("shapes.pyx", "shapes.pxd"):
        shutil.copy(HERE / name, folder)
    run(python(work, "cython-" + version, "cython==" + version, "setuptools"), "-m", "cython", "shapes.pyx", cwd=folder)
    run("gcc", "-O2", "-fPIC", "-shared", "-w", "-I", sysconfig.get_path("include"), "shapes.c", "-o", "shapes.so", cwd=folder)
    return folder


def write(name, title, text):
    text = "\n".join(line.rstrip() for line in text.splitlines())
    OUT.mkdir(exist_ok=True)
    (OUT / name).write_text(f"# {title}\n\nWritten by `{COMMAND}`. {text.splitlines()[0]}.\n\n"
                            + "\n".join("    " + line for line in text.splitlines()[1:]) + "\n")


def main(rivet, work):
    for version in CYTHONS:
        folder = shapes(work, version)
        write(f"shapes-cython-{version}.md", f"`examples/cython/shapes.pyx`, translated by Cython {version}",
              run(rivet, "typed", "shapes.so", cwd=folder))
    site = pathlib.Path(run(python(work, "scipy", *SCIPY), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    name = next(site.glob("scipy/special/cython_special.cpython-311-*.so")).relative_to(site)
    write("scipy-cython_special.md", f"`scipy.special.cython_special` ({SCIPY[0]}, the cp311 wheel)",
          run(rivet, "typed", name, cwd=site, env=dict(os.environ, PYTHONPATH=str(site))))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    folder = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
    pathlib.Path(folder).mkdir(exist_ok=True)
    main(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(folder).resolve())
