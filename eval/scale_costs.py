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

MEASURED = {  # how it was measured: eval/bench_postgres.py, and for the vector index docs/scale.md
    "passages loaded in a CPU-second": 1300.0,
    "bytes a passage": 8600.0,  # 384 dimensions; text of 400 characters, words, vectors twice
    "bytes a passage of the vector index": 1200.0,  # halfvec HNSW
    "texts embedded in a core-second": 30.0,  # the bundled embedder, one thread
    "windows a passage": 1.1,
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
    first: float  # money, once
    monthly: float  # money, a month


def cost(passages: float, machine: Machine, core_hour: float, gigabyte_month: float) -> Cost:
    """Servers are as many as keep the vector index and a fifth of the rest in memory, half of theirs being for it."""
    disk = passages * (MEASURED["bytes a passage"] + MEASURED["bytes a passage of the vector index"]) / GIB
    hot = passages * (MEASURED["bytes a passage of the vector index"] + 0.2 * MEASURED["bytes a passage"]) / GIB
    servers = max(1, math.ceil(hot / (0.5 * machine.gibibytes)))
    embedding = passages * MEASURED["windows a passage"] / MEASURED["texts embedded in a core-second"] / 3600
    loading = passages / MEASURED["passages loaded in a CPU-second"] / 3600
    first = (embedding + loading) * core_hour
    monthly = servers * machine.hour * 730 + disk * gigabyte_month
    return Cost(servers, disk, hot, embedding, loading, first, monthly)


def shown(passages: float, found: Cost, cores: int) -> str:
    return (
        f"{passages:>14,.0f} | {found.servers:>7} | {found.disk:>9,.0f} | {found.hot:>9,.0f} |"
        f" {found.embedding:>10,.0f} | {found.embedding / cores:>8,.1f} | {found.loading:>8,.1f} |"
        f" {found.first:>9,.0f} | {found.monthly:>9,.0f}"
    )


HEAD = (
    "      passages | servers | disk, GiB |  hot, GiB | embedding, | hours on | loading, | money,    | money,\n"
    "               |         |           |           | core-hours | {cores:>4} cores| core-h   | once      | a month"
)
POINTS = ((5_408, 4.1, 8.9), (8_677, 6.7, 8.4))  # passages, CPU-seconds to load them, KiB a passage


def check() -> None:
    for passages, seconds, size in POINTS:
        model = passages / MEASURED["passages loaded in a CPU-second"]
        print(
            f"{passages} passages: loaded in {seconds} CPU-s (model {model:.1f}),"
            f" {size} KiB each (model {MEASURED['bytes a passage'] / 1024:.1f})"
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
        " a GiB and month; sizes grow in proportion; more than one server is your own partition of the sources:"
        " one index is on one server"
    )


if __name__ == "__main__":
    main()
