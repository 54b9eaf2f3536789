"""Carries connections across the border between the host and the data plane's network namespace.

A listening socket belongs to the namespace it was made in, whoever accepts from it. So each side accepts from a socket
that the other side made and passed on, and connects in its own namespace.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from asyncio import StreamReader, StreamWriter

_CHUNK = 65536


def listen(port: int = 0) -> socket.socket:
    """A socket that listens on this namespace's loopback, at any free port where none is named."""
    return socket.create_server(("127.0.0.1", port), backlog=256)


async def forward(listener: socket.socket, port: int) -> asyncio.Server:
    """Relay each connection that comes in at `listener` to the port on the loopback of this process's namespace."""

    async def relay(reader: StreamReader, writer: StreamWriter) -> None:
        with contextlib.closing(writer), contextlib.suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            with contextlib.closing(far_writer):
                await _relay((reader, writer), (far_reader, far_writer))

    return await asyncio.start_server(relay, sock=listener)


async def _relay(near: tuple[StreamReader, StreamWriter], far: tuple[StreamReader, StreamWriter]) -> None:
    async with asyncio.TaskGroup() as both:
        both.create_task(_pump(near[0], far[1]))
        both.create_task(_pump(far[0], near[1]))


async def _pump(reader: StreamReader, writer: StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    # A side that has said everything may still have to hear the answer: only this direction is at its end.
    with contextlib.suppress(OSError):
        writer.write_eof()
