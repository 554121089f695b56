"""
What serving costs: warm searches by 16 clients, then a thousand searches and two hundred asks at once.

    python eval/bench_serve.py INDEX.db [--clients 16] [--seconds 20]

Prints requests a CPU-second of the server, the median and the 99th percentile of a request, and of the crowd how many
were lost, how many were refused with 429, and the server's memory after each hundred. Times are of this machine, with
the clients on the same cores: read the CPU seconds first.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

QUESTIONS = [
    "how do I enable WAL mode", "run a cron job every day", "start a local web server", "resize an image in the shell",
    "test a click command", "search a sqlite table", "rename a git branch", "deploy to cloud run", "parse a csv file",
    "convert a video to mp4", "mock an http request in pytest", "list all files in a zip", "docker compose volumes",
    "css sticky header", "escape a quote in jq", "kill a process by port", "json in postgresql", "cache a function",
    "regular expression groups", "upload a file to s3",
]  # fmt: skip


class Server:
    """`rag serve` in a process of its own."""

    def __init__(self, database: Path, *flags: str) -> None:
        command = [sys.executable, "-m", "rag", "serve", "-d", str(database), "--port", "0", "-m", "none", *flags]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        told = ""
        while "Ctrl-C" not in told:
            told += self.process.stderr.readline()
        self.address = urlsplit(re.search(r" at (http://\S+)/", told)[1])
        self.secret = re.search(r"token=(\S+)", told)[1]
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def cpu(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def megabytes(self) -> float:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=300)


def search(connection: http.client.HTTPConnection, question: str) -> tuple[int, dict]:
    connection.request("GET", f"/api/search?q={quote(question)}&size=10")
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def ask(connection: http.client.HTTPConnection, question: str, secret: str) -> tuple[int, dict]:
    headers = {"authorization": f"Bearer {secret}", "content-type": "application/json"}
    connection.request("POST", "/api/ask", json.dumps({"question": question, "log": False}), headers)
    reply = connection.getresponse()
    return reply.status, json.loads(reply.read())


def warm(server: Server, clients: int, seconds: float) -> None:
    expected = {}
    connection = server.connect()
    for question in QUESTIONS * 2:
        expected[question] = [hit["passage"] for hit in search(connection, question)[1]["items"]]
    times: list[float] = []
    wrong = 0
    until = time.monotonic() + seconds

    def work(number: int) -> None:
        nonlocal wrong
        own, turn = server.connect(), number
        while time.monotonic() < until:
            question = QUESTIONS[turn % len(QUESTIONS)]
            began = time.monotonic()
            status, found = search(own, question)
            times.append(time.monotonic() - began)
            wrong += status != 200 or [hit["passage"] for hit in found["items"]] != expected[question]
            turn += 1

    before = server.cpu()
    crowd(work, clients)
    spent = server.cpu() - before
    cuts = statistics.quantiles(times, n=100)
    print(
        f"warm search, {clients} clients: {len(times) / spent:.0f} requests a CPU-second"
        f" ({len(times)} in {spent:.1f} CPU s); median {1000 * cuts[49]:.1f} ms, p99 {1000 * cuts[98]:.1f} ms;"
        f" {wrong} wrong"
    )


def crowd(work, count: int) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def many(server: Server) -> None:
    for name, count in (("searches", 1000), ("asks", 200)):
        statuses: list[int] = []

        def work(number: int, name: str = name, statuses: list[int] = statuses) -> None:
            connection = server.connect()
            question = QUESTIONS[number % len(QUESTIONS)]
            made = search(connection, question) if name == "searches" else ask(connection, question, server.secret)
            statuses.append(made[0])

        memory = [server.megabytes()]
        for _ in range(3):
            crowd(work, count)
            memory.append(server.megabytes())
        told = {status: statuses.count(status) for status in sorted(set(statuses))}
        shown = ", ".join(f"{one:.0f}" for one in memory)
        print(f"3 times {count} {name} at once: {3 * count - len(statuses)} lost, by status {told}; MB {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("database", type=Path)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20)
    given = parser.parse_args()
    server = Server(given.database, "--waiting", "256")
    try:
        warm(server, given.clients, given.seconds)
        many(server)
    finally:
        server.process.terminate()
        server.process.wait()


if __name__ == "__main__":
    main()
