"""
Models on a Ray cluster: an embedder and a generator whose work is done by actors, one model each, on its machines.

The caller stays what it was: it reads, writes the index and the rows, and tells how far it is. An actor that is killed,
with its machine or alone, is started again where there is room, and what it was working on is given to another; nothing
it had given back is lost. A work that kills three actors is an error of its own. Nothing here knows the index.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.types import Generator, Message, Reply, Request, Sampling, Shape

if TYPE_CHECKING:
    from rag.types import Vectors

TEXTS = 64  # that an actor is given at a time, at most
AHEAD = 2  # times as many texts are asked for at once as all actors take
BEAT = 5  # seconds after which it is seen whether the cluster is still there
DEATHS = 5  # of actors over the same work
ON_GPU = ("llama", "fastembed")  # schemes whose libraries use a GPU
TRAITS = ("name", "fingerprint", "dimensions", "max_tokens", "windows", "threshold", "english", "version")
INSTALL = "pip install 'chapterverse[ray]', the same version on every machine of the cluster"


def connect(address: str) -> Any:
    """Ray, connected to a cluster: "local" starts one here, which ends with the program. Raises ModelError."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray
    except ModuleNotFoundError as error:
        raise ModelError("--ray: the package ray is not installed", INSTALL) from error
    if ray.is_initialized():
        return ray
    try:
        if address not in ("local", "auto"):  # Ray itself would try for minutes
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=10).close()
        ray.init(
            address=address, log_to_driver=False, logging_level="ERROR",
            **({"include_dashboard": False} if address == "local" else {}),
        )  # fmt: skip
    except (ConnectionError, ValueError, RuntimeError, OSError, ray.exceptions.RayError) as error:
        said = " ".join(str(error).split())[:200]
        raise ModelError(
            f"--ray {address}: there is no Ray cluster, or it does not let you in: {said}",
            "Start one (ray start --head), or: --ray local. If it was started with a token, have the same"
            " ~/.ray/auth_token here, and RAY_AUTH_MODE=token",
        ) from error
    return ray


class Worker:
    """An actor's side: one model, opened by `start`. What the model raises is given back, and raised by the caller."""

    def __init__(self, open_: Callable[[], Any], pace: Any = None) -> None:
        self._open, self._pace = open_, pace
        self._model: Any = None

    def start(self) -> Any:
        from rag import __version__

        try:
            self._model = self._open()
            if self._pace is not None:
                self._model.endpoint.pace = SharedPace(self._pace)
        except Exception as error:
            return error
        return {name: getattr(self._model, name, None) for name in TRAITS} | {"version": __version__}

    def embed(self, work: tuple[Sequence[str], str]) -> Any:
        try:
            return self._model.embed(*work)
        except Exception as error:
            return error

    def generate(self, work: Sequence[tuple[int, Request]]) -> list[tuple[int, Reply | Exception]]:
        """(number of the request, what came of it)."""
        many = getattr(self._model, "generate_many", None)
        if many is not None:
            return [(work[place][0], outcome) for place, outcome in many(request for _, request in work)]
        found: list[tuple[int, Reply | Exception]] = []
        for number, request in work:
            try:
                found.append((number, self._model.generate(request.messages, request.shape, request.sampling)))
            except Exception as error:
                found.append((number, error))
        return found


class SharedPace:
    """The pace of a hosted model, for actors anywhere: kept by one actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def reserve(self, tokens: int) -> float:
        return float(self._ask("reserve", tokens))

    def settle(self, difference: int) -> None:
        self._ask("settle", difference)

    def hold(self, seconds: float) -> None:
        self._ask("hold", seconds)

    def _ask(self, what: str, value: float) -> Any:
        import ray

        return ray.get(getattr(self._actor, what).remote(value))


@dataclass(slots=True)
class Workers:
    """Actors with one model each: `run` gives them work as they are free, and gives back what comes, as it comes."""

    ray: Any
    make: Callable[[], Any]  # an actor, of which nothing is asked yet
    count: int
    idle: list[Any] = field(default_factory=list)
    starting: dict[Any, Any] = field(default_factory=dict)  # what says that an actor is there -> the actor
    said: dict[str, Any] = field(default_factory=dict)  # of the model, by the first actor
    failures: int = 0  # of starts, since one went well

    def begin(self) -> dict[str, Any]:
        """Start the actors; what the model says of itself, as soon as one is there. Raises ModelError."""
        for _ in range(self.count):
            self._start()
        while not self.said:
            self._started(self._next(self.starting))
        return self.said

    def run(self, method: str, works: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
        """(work, what an actor gave for it) in the order in which they are done. Raises ModelError."""
        left, again = iter(works), deque[tuple[Any, int]]()
        running: dict[Any, tuple[Any, Any, int]] = {}
        while True:
            while self.idle:
                work, deaths = again.popleft() if again else (next(left, None), 0)
                if work is None:
                    break
                actor = self.idle.pop()
                running[getattr(actor, method).remote(work)] = (actor, work, deaths)
            if not running and not again and self.idle:
                return
            done = self._next([*running, *self.starting])
            if done in self.starting:
                self._started(done)
                continue
            actor, work, deaths = running.pop(done)
            try:
                found = self.ray.get(done)
            except self.ray.exceptions.RayTaskError as error:
                raise ModelError(f"a worker of the Ray cluster failed: {error.cause!r}", INSTALL) from error
            except self.ray.exceptions.RayError as error:  # the actor is gone, or what it gave
                with suppress(Exception):
                    self.ray.kill(actor)
                self._start()
                if deaths + 1 < DEATHS:
                    again.append((work, deaths + 1))
                    continue
                found = ModelError(f"{DEATHS} workers died over the same text: {_short(error)}", "Is there memory?")
            else:
                self.idle.append(actor)
            yield work, found

    def _next(self, awaited: Iterable[Any]) -> Any:
        """The first of them that is done. Raises ModelError if the cluster is gone, before Ray ends this program."""
        wanted = list(awaited)
        try:
            while True:
                done, _ = self.ray.wait(wanted, num_returns=1, timeout=BEAT)
                if done:
                    return done[0]
                host, _, port = self.ray.get_runtime_context().gcs_address.rpartition(":")
                with suppress(TimeoutError):  # busy, not gone
                    socket.create_connection((host, int(port)), timeout=BEAT).close()
        except (self.ray.exceptions.RayError, OSError) as error:
            raise _lost(error) from error

    def _start(self) -> None:
        actor = self.make()
        self.starting[actor.start.remote()] = actor

    def _started(self, ready: Any) -> None:
        actor = self.starting.pop(ready)
        try:
            said = self.ray.get(ready)
        except self.ray.exceptions.RayError as error:
            self.failures += 1
            if self.failures > DEATHS * self.count:
                raise ModelError(f"no worker of the Ray cluster starts: {_short(error)}", INSTALL) from error
            self._start()
            return
        if isinstance(said, Exception):
            raise said
        self.failures, self.said = 0, self.said or said
        if other := next((name for name in TRAITS if said[name] != self.said[name]), ""):
            raise ModelError(
                f"the machines of the Ray cluster differ: {other} is {self.said[other]} and {said[other]}", INSTALL
            )
        self.idle.append(actor)


class RayEmbedder:
    """An embedder on a cluster; nothing is started before something is to be embedded. Raises ModelError."""

    fingerprint: str
    dimensions: int
    max_tokens: int
    windows: bool
    threshold: float
    english: bool

    def __init__(self, name: str, address: str, fingerprint: str | None = None) -> None:
        self.name, self._address, self._built = name, address, fingerprint

    @cached_property
    def _workers(self) -> Workers:
        from rag import models

        ray = connect(self._address)
        open_ = partial(models.embedder, self.name, fingerprint=self._built, threads=1)
        count, options = _room(ray, self.name, whole=False)
        actor = ray.remote(Worker).options(**options)
        workers = Workers(ray, lambda: actor.remote(open_), count)
        workers.begin()
        return workers

    def __getattr__(self, name: str) -> Any:
        """What the model says of itself, once one is open."""
        if name not in TRAITS:
            raise AttributeError(name)
        return self._workers.said[name]

    @property
    def batch(self) -> int:
        """How many texts it is best given at a time."""
        return TEXTS * AHEAD * self._workers.count

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        import numpy as np

        workers = self._workers
        # Never one of several alone: models may take a question another way than passages.
        many = max(-(-len(texts) // TEXTS), min(workers.count, len(texts) // 2), 1)
        ends = [len(texts) * part // many for part in range(many + 1)]
        parts = [(list(texts[first:end]), kind) for first, end in pairwise(ends)] if texts else []
        made: dict[int, Any] = {}
        for work, found in workers.run("embed", parts):
            if isinstance(found, Exception):
                raise found
            made[id(work)] = found
        if not parts:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.concatenate([made[id(part)] for part in parts])


class RayGenerator:
    """
    A generator on a cluster. `here` is the same model on this machine, which counts tokens; `open_(threads)` opens it
    on another. The requests of `generate_many` go to the cluster, a single one is answered here.
    """

    def __init__(self, here: Generator, open_: Callable[[int, int], Generator | None], address: str) -> None:
        self.here, self._open, self._address = here, open_, address
        self.name, self.fingerprint, self.context = here.name, here.fingerprint, here.context
        self.constrained, self.parameters = here.constrained, here.parameters

    def count(self, messages: Sequence[Message]) -> int:
        return self.here.count(messages)

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        return self.here.generate(messages, shape, sampling, on_text)

    @cached_property
    def _workers(self) -> Workers:
        ray = connect(self._address)
        endpoint = getattr(self.here, "endpoint", None)
        count, options = _room(ray, self.name, whole=endpoint is None)
        pace = None
        if endpoint is not None:
            limits = endpoint.limits
            lasting = ray.remote(type(endpoint.pace)).options(num_cpus=0, max_restarts=-1, max_task_retries=-1)
            pace = lasting.remote(limits.rpm, limits.tpm)
        actor = ray.remote(Worker).options(**options)
        open_ = partial(self._open, int(options.get("num_cpus", 1)), count)
        workers = Workers(ray, lambda: actor.remote(open_, pace), count)
        if workers.begin()["fingerprint"] != self.fingerprint:
            raise ModelError(f"{self.name} on the Ray cluster is another model than here", INSTALL)
        return workers

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        numbered = enumerate(requests)
        slots = max(1, getattr(self.here, "slots", 1))
        works = iter(lambda: list(islice(numbered, slots)) or None, None)
        for work, found in self._workers.run("generate", works):
            if isinstance(found, Exception):
                yield from ((number, found) for number, _ in work)
            else:
                yield from found


def _room(ray: Any, name: str, *, whole: bool) -> tuple[int, dict[str, Any]]:
    """How many actors there is room for, and what each takes: a GPU, all processors of a machine (`whole`), or one."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = int(sum(node.get("GPU", 0) for node in nodes))
    if gpus and name.partition(":")[0] in ON_GPU:
        return gpus, {"num_gpus": 1}
    cores = [int(node["CPU"]) for node in nodes if node.get("CPU", 0) >= 1]
    if not cores:
        raise ModelError("the Ray cluster has no processors", "Add machines: ray start --address=HOST:6379")
    each = min(cores) if whole else 1
    return sum(own // each for own in cores), {"num_cpus": each}


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


def _lost(error: Exception) -> ModelError:
    return ModelError(
        f"the Ray cluster was lost: {_short(error)}",
        "What was done is kept: start it, then run the same command again.",
    )
