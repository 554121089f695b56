"""
What an index of many passages takes: machines, memory, hours and money, from figures that were measured.

    python eval/scale_costs.py                                  # 10^7, 10^8 and 10^9 passages on servers
    python eval/scale_costs.py 5e7 --machine-hour 0.8 --core-hour 0.03 --gigabyte-month 0.1
    python eval/scale_costs.py --check                          # the model beside the points that it was made from

Prices are yours to give; those below are examples, no offers. What is assumed is printed with every result.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

MEASURED = {  # by: eval/bench_postgres.py 200000 --shards 2, questions along the links; rag models --bench
    "passages loaded in a CPU-second, without the model": 2200.0,
    "bytes a passage": 7170.0,  # 384 dimensions; 60 words in 400 characters, words, vectors twice, their index
    "bytes a passage of the vector index": 1366.0,  # halfvec HNSW of 32 links, of these
    "tokens embedded in a core-second": 17898.0,  # the bundled embedder, one thread
    "tokens a passage": 90.0,
    "windows a passage": 1.1,
    "CPU-ms of a question on a server of 100,000 passages": 33.0,
    "CPU-ms more each time that it has twice as many": 7.0,
}
GIB = 1 << 30


@dataclass(frozen=True)
class Machine:
    """A server: what it has, and what an hour of it costs."""

    cores: int
    gibibytes: int
    hour: float


@dataclass(frozen=True)
class Cost:
    """What so many passages take."""

    servers: int
    disk: float  # GiB, all servers
    hot: float  # GiB that should be in memory, all servers
    embedding: float  # core-hours
    loading: float  # core-hours
    question: float  # CPU-ms, all servers
    longest: float  # CPU-ms, of one server: what a question waits for
    first: float  # money, once
    monthly: float  # money, a month


def cost(passages: float, machine: Machine, core_hour: float, gigabyte_month: float) -> Cost:
    """Servers are as many as keep the vector index and a fifth of the rest in memory, half of theirs being for it."""
    index = MEASURED["bytes a passage of the vector index"]
    disk = passages * MEASURED["bytes a passage"] / GIB
    hot = passages * (index + 0.2 * (MEASURED["bytes a passage"] - index)) / GIB
    servers = max(1, math.ceil(hot / (0.5 * machine.gibibytes)))
    tokens = passages * MEASURED["windows a passage"] * MEASURED["tokens a passage"]
    embedding = tokens / MEASURED["tokens embedded in a core-second"] / 3600
    loading = passages / MEASURED["passages loaded in a CPU-second, without the model"] / 3600
    longest = question(passages / servers)
    first = (embedding + loading) * core_hour
    monthly = servers * machine.hour * 730 + disk * gigabyte_month
    return Cost(servers, disk, hot, embedding, loading, servers * longest, longest, first, monthly)


def question(passages: float) -> float:
    """CPU-ms of a question on a server with so many passages."""
    more = MEASURED["CPU-ms more each time that it has twice as many"]
    least = MEASURED["CPU-ms of a question on a server of 100,000 passages"]
    return least + more * math.log2(max(passages / 100_000, 0.25))


def shown(passages: float, found: Cost, cores: int) -> str:
    return (
        f"{passages:>14,.0f} | {found.servers:>7} | {found.disk:>9,.0f} | {found.hot:>9,.0f} |"
        f" {found.embedding:>10,.0f} | {found.embedding / cores:>8,.1f} | {found.loading:>8,.1f} |"
        f" {found.longest:>10,.0f} |"
        f" {found.first:>9,.0f} | {found.monthly:>9,.0f}"
    )


HEAD = (
    "      passages | servers | disk, GiB |  hot, GiB | embedding, | hours on | loading, |"
    " a question | money,    | money,\n"
    "               |         |           |           | core-hours | {cores:>4} cores| core-h   |"
    " CPU-ms each| once      | a month"
)
POINTS = (  # servers, passages, CPU-seconds to load them, KiB a passage, CPU-ms a question
    (1, 200_023, 90.7, 7.1, 40.7),
    (2, 200_023, 89.8, 7.0, 65.9),
)


def check() -> None:
    for servers, passages, seconds, size, asked in POINTS:
        loaded = passages / MEASURED["passages loaded in a CPU-second, without the model"]
        model = servers * question(passages / servers)
        print(
            f"{passages:,} passages on {servers}: loaded in {seconds} CPU-s (model {loaded:.1f}), {size} KiB each"
            f" (model {MEASURED['bytes a passage'] / 1024:.1f}), a question {asked} CPU-ms (model {model:.1f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("passages", nargs="*", type=float, default=[1e7, 1e8, 1e9])
    parser.add_argument("--cores", type=int, default=16, help="of a server")
    parser.add_argument("--gibibytes", type=int, default=128, help="of memory of a server")
    parser.add_argument("--machine-hour", type=float, default=0.8, help="price of a server")
    parser.add_argument("--core-hour", type=float, default=0.03, help="price of a core that embeds")
    parser.add_argument("--gigabyte-month", type=float, default=0.1, help="price of disk")
    parser.add_argument("--embedding-cores", type=int, default=256)
    parser.add_argument("--check", action="store_true")
    given = parser.parse_args()
    if given.check:
        check()
        return
    machine = Machine(given.cores, given.gibibytes, given.machine_hour)
    print(HEAD.format(cores=given.embedding_cores))
    for passages in given.passages:
        found = cost(passages, machine, given.core_hour, given.gigabyte_month)
        print(shown(passages, found, given.embedding_cores))
    print("\nassumed:")
    for name, value in MEASURED.items():
        print(f"  {value:g} {name}")
    print(
        f"  a server has {machine.cores} cores and {machine.gibibytes} GiB, half of it for what is hot, and costs"
        f" {machine.hour:g} an hour; a core that embeds {given.core_hour:g} an hour; disk {given.gigabyte_month:g}"
        " a GiB and month; several servers are shards, and each is asked for every question. All grows in proportion, a"
        " question with the logarithm of the passages; that was measured up to 200,000 passages and nowhere near what"
        " is asked here, with all that is searched in memory."
    )


if __name__ == "__main__":
    main()
