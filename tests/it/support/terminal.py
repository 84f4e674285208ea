"""Runs a program on a terminal of its own and answers what it asks: terminal.py PROGRAM ARGUMENTS...

Standard input is a JSON list of pairs: a text that must be shown next, and what is typed then. Prints all that was shown; ends as the program ends.
"""

import json
import os
import pty
import select
import sys
import time

SECONDS_MAX = 60


def more(terminal: int, until: float) -> bytes:
    if not select.select([terminal], [], [], max(0, until - time.monotonic()))[0]:
        return b""
    try:
        return os.read(terminal, 4096)
    except OSError:  # The program has ended.
        return b""


def main() -> int:
    dialogue = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.argv[1], sys.argv[1:])
    until, shown, seen = time.monotonic() + SECONDS_MAX, b"", 0
    for question, answer in dialogue:
        while (at := shown.find(question.encode(), seen)) < 0:
            read = more(terminal, until)
            if not read:
                sys.stderr.write(f"never shown: {question}\n{shown.decode(errors='replace')}")
                return 97
            shown += read
        seen = at + len(question.encode())
        time.sleep(0.05)  # Whoever reads without showing must have switched that off first.
        os.write(terminal, answer.encode())
    while read := more(terminal, until):
        shown += read
    sys.stdout.buffer.write(shown)
    status = os.waitpid(child, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


sys.exit(main())
