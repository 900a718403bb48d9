"""`dmod job show`: one job, whole, or one of its tasks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dmod.cli import job_doubts, task_list
from dmod.cli.job_list import row, waiting
from dmod.cli.output import mark, paint, relative_time, say
from dmod.cli.settings import current, project
from dmod.scheduler import listing
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dmod.jobs.job import Job
    from dmod.scheduler.queue import Event, Queue

_EVENTS = 12  # of the job that are shown if nobody asks for all
_MOST = 10_000  # tasks of which JSON has all though nobody asks
_TASKS = 20  # task lines for people; `dmod job list 42/` has the others


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a job is to be shown; JSON has all of it."""

    events: bool = False
    tasks: bool = False
    provenance: bool = False

    def lines(self, found: Mapping[str, Any]) -> list[str]:
        """For people."""
        said = lines(found) if "tasks" in found else task_lines(found)
        if self.provenance:
            said += _origin(found)
        if self.tasks and "each" in found:
            said += _tasks(found)
        if self.events or not (self.tasks or self.provenance):
            said += _events(found["events"])
        return said


def record(job: Job, queue: Queue, shown: Shown) -> dict[str, Any]:
    """All that is known of a job; what costs much only where it is shown."""
    prepared, every = job.prepared.to_json(), current().machine and job.size <= _MOST
    if current().machine and not every and not (shown.events and shown.tasks):
        say(f"job {job.id} has {job.size:,} tasks: what is theirs is left out without --tasks and --events")
    events = queue.events(job.id) if every or shown.events else listing.history(queue, job.id, _EVENTS)
    found = {
        **row(job, waiting(queue, [job])),
        "spec": _spec(job),
        "image": job.prepared.image,
        "datasets": prepared["datasets"],
        "digests": prepared["digests"],
        "period": prepared["period"],
        "catchments": prepared["size"] or None,
        "cwd": job.cwd,
        "folder": str(project().job_folder(job.id)),
        "allocation": _allocation(queue, job.id),
        "needs": [
            {"job": need, "however": always, "status": str(status)} for _, need, always, status in queue.needs([job.id])
        ],
        "seed": job.spec.seed,
        "swept": _swept(job, queue),
        "origin": json.loads(job.origin_json),
        "fingerprint": job.fingerprint,
        "doubts": job_doubts.of(job, 3),
        "events": _as_json(events),
    }
    if every or shown.tasks:
        some = queue.tasks(job.id) if current().machine else listing.first(queue, job, (), _TASKS)[0]
        items = task_list.own(job, queue, [task.number for task in some])
        why = found["why"] if job.waiting else ""
        found["each"] = [task_list.row(job, task, why, items.get(task.number, "")) for task in some]
    return found


def of_task(job: Job, number: int, queue: Queue) -> dict[str, Any]:
    """All that is known of one task."""
    task = queue.task(job.id, number)
    item = queue.items(job.id, [number]).get(number, "")
    seen = job.as_task(number, task.attempt, item if '"spec"' in item else "")
    return {
        **task_list.row(
            job, task, waiting(queue, [job]).get(job.id, ""), task_list.own(job, queue, [number]).get(number, "")
        ),
        "kind": job.kind,
        "cpus": job.cpus,
        "memory": job.memory,
        "spec": _spec(seen),
        "output": seen.output if job.kind != "command" else None,
        "folder": str(project().job_folder(job.id, number)),
        "allocation": [asdict(part) for part in task.allocation],
        "bound": list(task.bound),
        "digests": dict(seen.prepared.digests),
        "seed": seen.seed,
        "origin": json.loads(job.origin_json),
        "fingerprint": job.fingerprint,
        "events": _as_json(queue.events(job.id, task=number) if job.array else listing.history(queue, job.id)),
    }


def _spec(job: Job) -> dict[str, Any]:
    """What was asked for; of variables the names only: their values may be secrets."""
    spec: dict[str, Any] = json.loads(job.spec_json)
    if env := spec.get("command", {}).get("env"):
        spec["command"]["env"] = dict.fromkeys(env, "***")
    return spec


def _allocation(queue: Queue, job: int) -> list[dict[str, Any]]:
    return [asdict(part) for each in queue.holding() if each.job == job for part in each.allocation]


def _as_json(events: Iterable[Event]) -> list[dict[str, Any]]:
    return [{"task": each.task, "status": str(each.status), "time": each.time, "note": each.note} for each in events]


def lines(found: Mapping[str, Any]) -> list[str]:
    """A job for people."""
    said = [f"{mark(found['status'])}  job {found['id']} {found['name']}  {paint(found['kind'], 'dim')}"]
    said += facts(
        ("why", found["why"]),
        ("tasks", _progress(found["tasks"])),
        ("submitted", f"{relative_time(found['submitted'])}{_attempts(found)}"),
        ("runtime", "" if found["runtime"] is None else format_duration(found["runtime"], most=2)),
        ("used", used(found)),
        ("resources", _resources(found)),
        ("image", _image(found)),
        ("order", _order(found)),
        ("after", ", ".join(_need(need) for need in found["needs"])),
        ("retries", _retries(found["spec"])),
    )
    said += facts(*_work(found))
    said += facts(*((role, ", ".join(names)) for role, names in found["datasets"].items()))
    said += [f"{paint('  WARNING     ', 'yellow')}{found['doubts']}"] if found["doubts"] else []
    output = found["output"] and (found["output"] + ("" if found["status"] == "completed" else " (when it is done)"))
    return said + facts(("output", output), ("folder", found["folder"]))


def task_lines(found: Mapping[str, Any]) -> list[str]:
    """A task for people."""
    said = [f"{mark(found['status'])}  task {found['id']} {found['name']}  {paint(found['kind'], 'dim')}"]
    nodes = ", ".join(f"{part['cpus']} of {part['node']}" for part in found["allocation"])
    bound = f", bound to {', '.join(map(str, found['bound']))}" if found["bound"] else ""
    said += facts(
        ("why", found["why"]),
        ("for", found["own"]),
        ("attempt", str(found["attempt"]) if found["attempt"] > 1 else ""),
        ("runtime", "" if found["runtime"] is None else format_duration(found["runtime"], most=2)),
        ("used", used(found)),
        ("holds", f"{nodes}{bound}" if nodes else ""),
        ("output", found["output"]),
        ("folder", found["folder"]),
    )
    return said


def facts(*pairs: tuple[str, str | None]) -> list[str]:
    """A line for each of what is known."""
    return [f"{paint(f'  {label:<12}', 'dim')}{text}" for label, text in pairs if text]


def used(found: Mapping[str, Any]) -> str:
    """Cpu time, memory, bytes."""
    said = []
    if found["cpu_seconds"]:
        said.append(f"{_seconds(found['cpu_seconds'])} of cpu")
    if found["peak_memory"]:
        said.append(f"{format_memory(found['peak_memory'])} at most")
    for key, verb in (("bytes_read", "read"), ("bytes_written", "written")):
        if found.get(key):
            said.append(f"{format_memory(found[key])} {verb}")
    return ", ".join(said)


def _seconds(seconds: float) -> str:
    return f"{seconds:.2g}s" if seconds < 1 else format_duration(seconds, most=2)


def _progress(tasks: Mapping[str, Any] | None) -> str:
    if tasks is None:
        return ""
    counts = [
        f"{tasks[key]:,} {key}" for key in ("completed", "failed", "canceled", "running", "waiting") if tasks[key]
    ]
    return f"{tasks['size']:,} ({tasks['numbers']}): {', '.join(counts)}"


def _attempts(found: Mapping[str, Any]) -> str:
    return f", attempt {found['attempt']}" if found["attempt"] > 1 else ""


def _resources(found: Mapping[str, Any]) -> str:
    wanted = found["spec"]["resources"]
    said = [f"{found['cpus']} cpu{'s' if found['cpus'] != 1 else ''}"]
    said += [format_memory(found["memory"])] if found["memory"] else []
    said += [f"{format_duration(wanted['time_limit'])} at most"] if wanted.get("time_limit") else []
    return ", ".join(said) + (" for each task" if found["tasks"] else "")


def _image(found: Mapping[str, Any]) -> str:
    """That of a job in containers, and which one of that name."""
    return f"{found['spec']['image']} {found['image'][7:19]}" if found["image"] else ""


def _order(found: Mapping[str, Any]) -> str:
    said = [f"priority {found['priority']}"] if found["priority"] != 50 else []
    said += [f"{found['spec']['at_once']} tasks at once"] if found["spec"].get("at_once") else []
    said += [f"held: dmod job release {found['id']}"] if found["held"] else []
    return ", ".join(said)


def _need(need: Mapping[str, Any]) -> str:
    return f"{need['job']}, {need['status']}" + (" (however it ends)" if need["however"] else "")


def _retries(spec: Mapping[str, Any]) -> str:
    if not spec.get("retries"):
        return ""
    causes = ", ".join(spec["retry_on"])
    return f"{spec['retries']}" + ("" if causes == "any" else f", only on {causes}") + f", {spec['retry_delay']}s apart"


def _work(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What it is to do."""
    if found["kind"] == "command":
        table = found["spec"]["command"]
        env = ", ".join(table.get("env") or {})  # their values may be secrets
        return [("command", " ".join(table["argv"])), ("in", found["cwd"]), ("env", env)]
    period = found["period"] and f"{found['period']['begin']} to {found['period']['end']}"
    return [("period", period or ""), ("catchments", f"{found['catchments']:,}" if found["catchments"] else "")]


def _swept(job: Job, queue: Queue) -> bool:
    """Whether its tasks are the points of a sweep."""
    if not job.array:
        return False
    from dmod.jobs.numbers import Numbers

    first = Numbers.parse(job.numbers)[0]
    return queue.items(job.id, [first]).get(first, "").startswith('{"point"')


def _more(found: Mapping[str, Any]) -> str:
    """How the seeds of its tasks come from that of the job."""
    if not found.get("tasks"):
        return ""
    return " of the first point" if found["swept"] else " and the number of the task"


def _origin(found: Mapping[str, Any]) -> list[str]:
    """What it comes from."""
    origin = found["origin"]
    versions = {"dmod": origin.get("dmod"), "python": origin.get("python"), **(origin.get("packages") or {})}
    said = facts(
        ("seed", f"{found['seed']}{_more(found)}"),
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items() if version)),
        ("host", origin.get("host")),
        ("image", origin.get("image")),
        ("fingerprint", found["fingerprint"]),
    )
    if not origin:
        said += facts(("versions", "not known before it starts"))
    return said + facts(
        *((f"{name} " if len(name) >= 12 else name, digest) for name, digest in found["digests"].items())
    )


def _tasks(found: Mapping[str, Any]) -> list[str]:
    said = [
        f"{'':<14}{each['id']}  {mark(each['status'])}  {each['why'] or each['own']}".rstrip() for each in found["each"]
    ]
    more = (found["tasks"] or {"size": 1})["size"] - len(said)
    return said[:_TASKS] + ([f"{'':<14}and {more:,} more: dmod job list {found['id']}/ --all"] if more > 0 else [])


def _events(events: Sequence[Mapping[str, Any]]) -> list[str]:
    said, today = [], datetime.now(UTC).date()
    dated = any(event["time"].date() != today for event in events)
    for event in events:
        time = f"{event['time']:%Y-%m-%d %H:%M:%S}" if dated else f"{event['time']:%H:%M:%S}"
        task = "" if event["task"] is None else f"task {event['task']}  "
        said.append(f"{'':<14}{time}  {task}{mark(event['status'])}  {event['note']}".rstrip())
    return said
