# SPDX-License-Identifier: Apache-2.0
"""Load for Boost.Asio's example servers: real clients on loopback."""
import socket
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(port, patience=20.0):
    deadline = time.monotonic() + patience
    while True:
        try:
            client = socket.create_connection(("127.0.0.1", port), timeout=10)
            return client
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def receive(client, size):
    data = b""
    while len(data) < size:
        part = client.recv(size - len(data))
        if not part:
            raise EOFError(f"{len(data)} of {size} bytes, then the end")
        data += part
    return data


def in_parallel(count, work):
    """Runs work(i) on `count` threads; raises what any of them raised."""
    errors = []

    def guarded(i):
        try:
            work(i)
        except Exception as error:  # noqa: BLE001: told below
            errors.append(error)

    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def echo_load(port, clients=16, rounds=50, keep=None):
    """Every client sends and gets back `rounds` messages. `keep` takes the sockets instead of closing."""

    def one(i):
        client = connect(port)
        for number in range(rounds):
            message = f"{i}:{number}:".encode() + b"x" * (number * 7 % 400)
            client.sendall(message)
            assert receive(client, len(message)) == message
        if keep is not None:
            keep.append(client)
        else:
            client.close()

    in_parallel(clients, one)


def chat_load(port, clients=8, rounds=20):
    """Everybody gets every line."""
    members = [connect(port) for _ in range(clients)]
    files = [member.makefile("rb") for member in members]
    total = clients * rounds

    def one(i):
        for number in range(rounds):
            members[i].sendall(b"%d says %d\n" % (i, number))
        lines = [files[i].readline() for _ in range(total)]
        assert len(set(lines)) == total and all(line.endswith(b"\n") for line in lines)

    in_parallel(clients, one)
    for member in members:
        member.close()


class EchoBackend:
    """What the proxy leads to."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._echo, args=(client,), daemon=True).start()

    @staticmethod
    def _echo(client):
        try:
            while data := client.recv(4096):
                client.sendall(data)
        except OSError:
            pass

    def close(self):
        self.listener.close()
