"""An uncaught SyntaxError from compile() shows file, line and caret on stderr."""
src = "def ok():\n    return 1\n\nvalue = (1 +* 2)\n"
compile(src, "some_file.py", "exec")
