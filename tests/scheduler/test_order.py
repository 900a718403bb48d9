"""A simulated cluster driven by step: what is promised to whom, whatever comes.

No task runs longer than D. A job that could run on the empty nodes starts within (s + a + 1) D of its coming, if s
tasks with earlier places start between its coming and its start, and a jobs with earlier places come in that time.
Proof: while it waits there is a head, at its place or before. Say a job becomes the head at t. If its reservation is
finite, it is at most t + D: all that holds nodes at t ends by then, and nothing that starts behind it needs its share
beyond the reservation. If it is infinite, no node that could serve it gives anything away until it is finite, and
what holds those nodes has ended by t + D. So by t + D the head starts, which is one of the s or the job itself,
unless a job with an earlier place comes, which is one of the a. The time since its coming is thus cut by at most s +
a events into s + a + 1 pieces, none longer than D.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from dmod.jobs.allocate import allocate, free
from dmod.jobs.resources import Allocation, Node, Resources
from dmod.scheduler.step import GRACE, Holding, Waiting, step

AGING = 10.0  # seconds of waiting that one point of priority is worth, here
PARADIGMS = ("single-node", "fill-nodes", "round-robin")


@dataclass
class Job:
    """A job that comes to the cluster."""

    number: int
    came: float
    priority: int
    wanted: Resources
    runs: list[float]  # seconds, of each of its tasks
    started: list[float] = field(default_factory=list)

    @property
    def place(self) -> tuple[float, int]:
        return self.came - self.priority * AGING, self.number


@st.composite
def jobs(draw) -> Job:
    limit = draw(st.sampled_from([0, 0, 1, 5, 20, 60]))
    wanted = Resources(
        draw(st.integers(1, 10)), draw(st.integers(0, 30)), draw(st.sampled_from(PARADIGMS)), time_limit=limit
    )
    longest = limit + GRACE if limit else 80.0
    runs = draw(st.lists(st.floats(0, longest) | st.just(longest), min_size=1, max_size=3))
    return Job(0, draw(st.integers(0, 100)), draw(st.integers(0, 10)), wanted, runs)


@st.composite
def workloads(draw) -> tuple[tuple[Node, ...], list[Job]]:
    sizes = draw(st.lists(st.tuples(st.integers(1, 6), st.integers(0, 20)), min_size=1, max_size=4))
    coming = sorted(draw(st.lists(jobs(), min_size=1, max_size=14)), key=lambda job: job.came)
    for number, job in enumerate(coming, start=1):
        job.number = number
    return tuple(Node(f"node-{at}", cpus, memory) for at, (cpus, memory) in enumerate(sizes)), coming


@dataclass
class Cluster:
    """Nodes, who holds them, and the clock."""

    nodes: tuple[Node, ...]
    most: int
    now: float = 0.0
    waiting: list[Job] = field(default_factory=list)
    running: list[tuple[float, int, Holding]] = field(default_factory=list)  # by their true ends
    promised: dict[tuple[int, int], float] = field(default_factory=dict)  # (job, task): its first reservation
    before: dict[int, int] = field(default_factory=dict)  # jobs that came with earlier places while a job waited
    serial: int = 0

    @property
    def holding(self) -> list[Holding]:
        return [holding for _, _, holding in self.running]

    @property
    def free(self) -> tuple[Node, ...]:
        return free(self.nodes, [each for holding in self.holding for each in holding.held])

    def come(self, job: Job) -> None:
        for other in self.waiting:
            if job.place < other.place:
                self.before[other.number] = self.before.get(other.number, 0) + 1
                self.promised = {key: at for key, at in self.promised.items() if key[0] != other.number}
        self.waiting = sorted([*self.waiting, job], key=lambda job: job.place)

    def decide(self) -> None:
        """Start what may start, and check what is left to wait."""
        while self.start():
            pass
        head, reservation, beside = self.reserve()
        if head is None:
            return
        self.promised.setdefault((head.number, len(head.started)), reservation)
        for job in self.waiting[self.waiting.index(head) + 1 :]:
            short = self.now + job.wanted.time_limit + GRACE <= reservation < math.inf and job.wanted.time_limit
            granted = allocate(job.wanted, self.free if short else beside)
            assert granted is None or (not short and self.disturbs(head, reservation, granted)), "backfill happens"

    def start(self) -> int:
        queue = [Waiting(job.number, job.wanted, len(job.runs) - len(job.started)) for job in self.waiting]
        starts = step(queue, self.nodes, self.free, self.holding, self.now, most=self.most)
        count = sum(len(start.allocations) for start in starts)
        assert count <= self.most
        for number, granted in starts:
            job = next(job for job in self.waiting if job.number == number)
            for held in granted:
                self.begin(job, held)
        self.waiting = [job for job in self.waiting if len(job.started) < len(job.runs)]
        return count

    def begin(self, job: Job, held: tuple[Allocation, ...]) -> None:
        assert sum(each.cpus for each in held) == job.wanted.cpus
        assert sum(each.memory for each in held) == job.wanted.memory
        assert job.wanted.paradigm != "single-node" or len(held) == 1
        promised = self.promised.get((job.number, len(job.started)), math.inf)
        assert self.now <= promised + 1e-6, "the head starts no later than it was first promised"
        limit = job.wanted.time_limit
        until = self.now + limit + GRACE if limit else math.inf
        self.serial += 1
        heapq.heappush(
            self.running, (self.now + job.runs[len(job.started)], self.serial, Holding(job.number, held, until))
        )
        job.started.append(self.now)
        assert all(node.cpus >= 0 and node.memory >= 0 for node in self.free), "no node gives more than it has"

    def disturbs(self, head: Job, reservation: float, granted: tuple[Allocation, ...]) -> bool:
        """Whether the head no longer fits then: memory that does not divide by its ranks may do that."""
        rest = [each for holding in self.holding if holding.until > reservation for each in holding.held]
        return allocate(head.wanted, free(self.nodes, [*rest, *granted])) is None

    def reserve(self) -> tuple[Job | None, float, list[Node]]:
        """The head, when it starts at the latest, and what others may hold longer: worked out the slow way."""
        head = next((job for job in self.waiting if allocate(job.wanted, self.nodes) is not None), None)
        if head is None:
            return None, math.inf, []
        for moment in sorted({holding.until for holding in self.holding if holding.until < math.inf}):
            rest = [each for holding in self.holding if holding.until > moment for each in holding.held]
            then = free(self.nodes, rest)
            granted = allocate(head.wanted, then)
            if granted is not None:
                spare = free(then, granted)
                lesser = [
                    Node(one.name, min(one.cpus, two.cpus), min(one.memory, two.memory))
                    for one, two in zip(self.free, spare, strict=True)
                ]
                return head, moment, lesser
        single = head.wanted.paradigm == "single-node"
        serves = {node.name for node in self.nodes if allocate(head.wanted if single else rank(head.wanted), [node])}
        return head, math.inf, [node for node in self.free if node.name not in serves]


def rank(wanted: Resources) -> Resources:
    """One rank of a request, with its share rounded up."""
    return Resources(1, -(-wanted.memory // wanted.cpus))


def run(nodes: tuple[Node, ...], coming: list[Job], most: int) -> Cluster:
    """All jobs from the first coming to the last end."""
    cluster, ahead = Cluster(nodes, most), list(coming)
    while ahead or cluster.running:
        cluster.now = min([job.came for job in ahead[:1]] + [end for end, _, _ in cluster.running[:1]])
        while cluster.running and cluster.running[0][0] <= cluster.now:
            heapq.heappop(cluster.running)
        while ahead and ahead[0].came <= cluster.now:
            cluster.come(ahead.pop(0))
        cluster.decide()
    return cluster


@settings(max_examples=300, deadline=None)
@given(workloads(), st.sampled_from([1, 3, 256]))
def test_whatever_comes_all_promises_are_kept(workload: tuple[tuple[Node, ...], list[Job]], most: int):
    nodes, coming = workload
    cluster = run(nodes, coming, most)
    longest = max(seconds for job in coming for seconds in [*job.runs, job.wanted.time_limit + GRACE])
    for job in coming:
        if allocate(job.wanted, nodes) is None:
            assert not job.started
            continue
        assert len(job.started) == len(job.runs), "every job that could run alone has run"
        waited = job.started[0] - job.came
        earlier = sum(
            job.came <= at <= job.started[0] for other in coming if other.place < job.place for at in other.started
        )
        pieces = earlier + cluster.before.get(job.number, 0) + 1
        assert waited <= pieces * longest + 1e-6, "none starves"


@settings(max_examples=50, deadline=None)
@given(workloads())
def test_the_order_of_equal_shapes_is_that_of_their_places(workload: tuple[tuple[Node, ...], list[Job]]):
    nodes, coming = workload
    wanted = coming[0].wanted
    runs = coming[0].runs * 2
    alike = [Job(job.number, 0, job.priority, wanted, runs) for job in coming]
    run(nodes, alike, 256)
    firsts = [job.started[0] for job in sorted(alike, key=lambda job: job.place) if job.started]
    assert firsts == sorted(firsts)


def test_small_jobs_that_keep_coming_do_not_starve_a_large_one():
    small = [Job(at + 2, float(at), 0, Resources(1, time_limit=30), [40.0]) for at in range(200)]
    large = Job(1, 4.0, 0, Resources(4, time_limit=30), [40.0])
    run((Node("here", 4, 0),), sorted([*small, large], key=lambda job: job.came), 256)
    assert large.started == [43.0], "when the four before it have ended"
    assert Counter(len(job.started) for job in small) == {1: 200}
