"""Does a program resolve names, and open TLS to what it found? Runs it in a network of its own, with one name server that knows one name.

names.py NAME COMMAND...: run it by `unshare --net`. /etc/resolv.conf of whatever the command runs in must name 127.0.0.1. Ends well if NAME was
asked for and a TLS handshake for NAME came to the address that was answered.
"""

import fcntl
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PORT = 8443  # the root in the configuration names it
ADDRESS = "127.0.0.7"  # not the one that `localhost` or a fallback would lead to

seen = {"asked": set(), "hello": []}


def bring_up_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh14s", b"lo", 0x1 | 0x40, b"")  # IFF_UP, IFF_RUNNING
        fcntl.ioctl(control, 0x8914, request)  # SIOCSIFFLAGS


def serve_names(server: socket.socket, name: str) -> None:
    while True:
        query, client = server.recvfrom(512)
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1 : at + 1 + query[at]].decode())
            at += 1 + query[at]
        asked, kind = ".".join(labels).lower(), struct.unpack("!H", query[at + 1 : at + 3])[0]
        seen["asked"].add(asked)
        known = asked == name
        answer = known and kind == 1
        head = query[:2] + struct.pack("!HHHHH", 0x8580 if known else 0x8583, 1, int(answer), 0, 0)
        record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(ADDRESS) if answer else b""
        server.sendto(head + query[12 : at + 5] + record, client)


def serve_tls(server: socket.socket) -> None:
    while True:
        connection, _ = server.accept()
        seen["hello"].append(connection.recv(4096))
        connection.close()


def resolved(name: str) -> bool:
    greeted = any(hello[:1] == b"\x16" and name.encode() in hello for hello in seen["hello"])
    return name in seen["asked"] and greeted


def main() -> None:
    name, command = sys.argv[1], sys.argv[2:]
    bring_up_loopback()
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", 53))
    tls = socket.create_server((ADDRESS, PORT))
    threading.Thread(target=serve_names, args=(names, name), daemon=True).start()
    threading.Thread(target=serve_tls, args=(tls,), daemon=True).start()
    with tempfile.TemporaryFile("w+") as output:
        program = subprocess.Popen(command, stdout=output, stderr=output)
        deadline = time.monotonic() + 60
        # It would try again, to no end: what is to be seen is seen by then.
        while program.poll() is None and not resolved(name) and time.monotonic() < deadline:
            time.sleep(0.05)
        program.kill()
        program.wait()
        if not resolved(name):
            output.seek(0)
            sys.exit(f"names asked for: {sorted(seen['asked'])}; handshakes: {len(seen['hello'])}\n{output.read()}")
    print(f"{name} was resolved, and TLS was opened to it")


main()
