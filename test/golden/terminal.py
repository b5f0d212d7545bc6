"""Runs a command on a pseudo-terminal, types lines into it, then ^D; prints all that appeared on the terminal.

Arguments: the lines as a JSON array, then the command. A line is typed when the command shows its prompt, or has been
silent for two seconds. Exits as the command did.
"""
import json
import os
import pty
import select
import sys

typed = json.loads(sys.argv[1]) + ["\x04"]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

output = b""
while True:
    ready, _, _ = select.select([terminal], [], [], 2.0)
    if ready:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:
            break
        if not chunk:
            break
        output += chunk
    if typed and (not ready or output.endswith(b">")):
        os.write(terminal, typed.pop(0).encode())

_, status = os.waitpid(pid, 0)
sys.stdout.buffer.write(output)
sys.stdout.flush()
sys.exit(os.waitstatus_to_exitcode(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status))
