# SPDX-License-Identifier: Apache-2.0
"""All services there are. A new one is a file in services/ and a line here."""
from .services import asio, nginx, node, python, redis, uring

SERVICES = (
    python.Asyncio, python.PollLoop, python.SelectLoop,
    node.Node, node.NodeWithoutMap,
    nginx.Nginx,
    redis.Redis,
    asio.OneThread, asio.FourThreads, asio.IdleThreads,
    uring.Uring,
)
