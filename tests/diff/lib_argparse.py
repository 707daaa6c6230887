"""argparse: options, help text, errors, subcommands."""
import argparse
import contextlib
import io
import sys

p = argparse.ArgumentParser(prog="tool", description="A tool.", epilog="The end.")
p.add_argument("name")
p.add_argument("rest", nargs="*", type=int, help="numbers")
p.add_argument("-v", "--verbose", action="count", default=0)
p.add_argument("--opt", choices=["a", "b"], default="a", help="one of a, b (default: %(default)s)")
p.add_argument("--flag", action=argparse.BooleanOptionalAction)
p.add_argument("-f", "--float", type=float, metavar="X", dest="fl")
p.add_argument("--many", nargs="+", action="extend", default=[])
p.add_argument("--const", action="store_const", const=9)
g = p.add_mutually_exclusive_group()
g.add_argument("-q", action="store_true")
g.add_argument("-s", action="store_false")
for argv in ("x", "x 1 2 -vv --opt b", "y --flag -f 2.5 --many p q --many r", "z --no-flag --const -q", "-- -dash", "n --fl 1" if 0 else "n -f1e3 --verb"):
    print(p.parse_args(argv.split()))
for argv in ("", "x notint", "x --opt c", "x -f q", "x -q -s", "x --nope", "x --many"):
    err = io.StringIO()
    with contextlib.redirect_stderr(err):
        try:
            p.parse_args(argv.split())
        except SystemExit as e:
            print("exit", e.code)
    print(err.getvalue().splitlines()[-1])
import os
os.environ["COLUMNS"] = "70"
p.print_help(sys.stdout)
print(p.format_usage())
m = argparse.ArgumentParser(prog="main")
sub = m.add_subparsers(dest="cmd", required=True)
a = sub.add_parser("add", help="adds")
a.add_argument("n", type=int)
a.set_defaults(fn=lambda ns: ns.n + 1)
sub.add_parser("list", aliases=["ls"])
ns = m.parse_args(["add", "4"])
print(ns.cmd, ns.fn(ns), m.parse_args(["ls"]), m.parse_known_args(["list", "--extra"]))
m.print_help(sys.stdout)
