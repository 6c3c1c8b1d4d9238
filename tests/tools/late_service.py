# SPDX-License-Identifier: Apache-2.0
"""An HTTP service on one asyncio loop that now and then blocks it, and a free port for it."""
import socket

# Each so many-th answer is late by a sleep in the handler.
LATE_SERVICE = r"""
import asyncio, sys, time
start_after, port, every, block = float(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
asked = 0
async def serve(reader, writer):
    global asked
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            asked += 1
            if asked % every == 0: late()
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    except (asyncio.IncompleteReadError, ConnectionError): pass
    finally: writer.close()
def late(): time.sleep(block)
async def main():
    time.sleep(start_after)
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    with open("port", "w") as file: file.write(str(server.sockets[0].getsockname()[1]) + "\n")
    await server.serve_forever()
asyncio.run(main())
"""


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]
