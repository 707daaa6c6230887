"""Runs one file of CPython's own test package and reports each case on a line of its own.

usage: driver.py test_name [case id ...]

Lines on standard output that start with the mark are for the machine, tab-separated:
    start <id>               before a case, so that a crash has a name
    case <id> <status> <text>   status: ok fail error skip xfail upass; text: the exception's first line
    done <number of cases>   the file ran to its end
It imports as little as it can: the runtime under test may not have more.
"""
import os
import sys
import unittest

MARK = "@@rivet"
# Tests replace sys.stdout and even close it; the report has a descriptor of its own.
OUT = os.dup(1)


def say(*fields):
    text = "\t".join((MARK,) + fields).replace("\n", " ").replace("\r", " ")
    data = (text + "\n").encode("utf-8", "backslashreplace")
    try:
        sys.stdout.flush()
    except (ValueError, OSError):
        pass
    while data:
        data = data[os.write(OUT, data):]


def first_line(err):
    kind, value = err[0], err[1]
    try:
        text = str(value)
    except Exception:
        text = "<str() failed>"
    lines = text.strip().split("\n")
    return kind.__name__ + ": " + lines[0][:200]


class Report(unittest.TestResult):
    """Keeps one verdict per case: the first bad one of its subtests or phases."""

    def __init__(self):
        super().__init__()
        self.verdict = None
        self.count = 0

    def startTest(self, test):
        super().startTest(test)
        self.verdict = None
        say("start", test.id())

    def stopTest(self, test):
        super().stopTest(test)
        status, text = self.verdict or ("ok", "")
        self.count += 1
        say("case", test.id(), status, text)

    def note(self, test, status, text):
        if isinstance(test, unittest.TestCase):
            if self.verdict is None or self.verdict[0] == "skip":
                self.verdict = (status, text)
        else:
            # setUpClass or setUpModule failed: there is no stopTest for it.
            self.count += 1
            say("case", test.id(), status, text)

    def addError(self, test, err):
        self.note(test, "error", first_line(err))

    def addFailure(self, test, err):
        self.note(test, "fail", first_line(err))

    def addSkip(self, test, reason):
        self.note(test, "skip", reason)

    def addExpectedFailure(self, test, err):
        self.note(test, "xfail", first_line(err))

    def addUnexpectedSuccess(self, test):
        self.note(test, "upass", "")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            kind = "fail" if issubclass(err[0], test.failureException) else "error"
            self.note(test, kind, first_line(err))


def cases(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from cases(item)
        else:
            yield item


def hear_interrupts():
    """A shell's background job starts with SIGINT ignored, which tests that raise it do not expect."""
    try:
        import signal
    except ImportError:
        return
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def main(name, wanted):
    hear_interrupts()
    __import__("test." + name)
    module = sys.modules["test." + name]
    suite = unittest.TestLoader().loadTestsFromModule(module)
    if wanted:
        suite = unittest.TestSuite(c for c in cases(suite) if c.id() in wanted)
    report = Report()
    suite.run(report)
    say("done", str(report.count))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
