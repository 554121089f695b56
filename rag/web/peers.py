"""
Who holds the other end of a connection within this machine: the kernel knows the user (`/proc/net/tcp`).

A port of this machine can be opened by every user of it, whom the rights of a file would keep out.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
Address = tuple[str, int]


def ours(client: Address | None, server: Address | None, tables: tuple[Path, ...] = TABLES) -> bool:
    """
    Whether the one who connected is the user that this process runs as, or root.

    True where the system has no such table; False for an end that it does not know (any more).
    """
    found = [table for table in tables if table.exists()]
    if not found:
        return True
    if client is None or server is None:
        return False
    users = {user for table in found for user in _users(table, client, server)}
    return bool(users) and users <= {0, os.geteuid()}


def _users(table: Path, client: Address, server: Address) -> Iterator[int]:
    """Of the sockets between these two that a process has open. A row: number, local, remote, …, user, …, inode, …."""
    ports = f":{client[1]:04X}", f":{server[1]:04X}"
    with table.open(encoding="ascii") as lines:
        next(lines, "")
        for line in lines:
            _, local, remote, _, _, _, _, user, _, inode, *_ = line.split()
            if local.endswith(ports[0]) and remote.endswith(ports[1]) and inode != "0" and _same(local, client[0]):
                yield int(user)


def _same(shown: str, host: str) -> bool:
    """Whether an address of the table ("0100007F:1F90": words in the order of the machine) is this one."""
    data = bytes.fromhex(shown.partition(":")[0])
    if sys.byteorder == "little":
        data = b"".join(data[at : at + 4][::-1] for at in range(0, len(data), 4))
    there = ipaddress.ip_address(data)
    return (getattr(there, "ipv4_mapped", None) or there) == ipaddress.ip_address(host.partition("%")[0])
