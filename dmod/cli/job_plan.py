"""What `job submit --dry-run` shows: a job as it would be queued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dmod.cli.job_words import short
from dmod.cli.output import paint
from dmod.units import format_duration, format_memory

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dmod.jobs.order import Order
    from dmod.jobs.sweep import Point

_SHOWN = 5  # points that a person sees


def record(order: Order, points: Sequence[Point]) -> dict[str, Any]:
    """What --dry-run shows."""
    spec, found = order.spec, order.prepared.to_json()
    return {
        "name": spec.name,
        "kind": spec.kind,
        "tasks": 1 if order.numbers is None else len(order.numbers),
        "numbers": "" if order.numbers is None else str(order.numbers),
        "at_once": spec.at_once,
        "cpus": spec.resources.cpus,
        "memory": spec.resources.memory,
        "paradigm": spec.resources.paradigm,
        "time_limit": spec.resources.time_limit,
        "priority": spec.priority,
        "retries": spec.retries,
        "retry_on": list(spec.retry_on),
        "max_fails": spec.max_fails,
        "held": order.held,
        "after": list(order.after),
        "after_any": list(order.after_any),
        "datasets": found["datasets"],
        "period": found["period"],
        "catchments": found["size"] or None,
        "points": [point.values for point in points],
    }


def lines(plan: Mapping[str, Any]) -> list[str]:
    """The same for people: what is asked for, and the first points of a sweep."""
    period = plan["period"] and f"{plan['period']['begin']} to {plan['period']['end']}"
    facts = {
        "job": f"{plan['name']}, {plan['kind']}",
        "tasks": _tasks(plan),
        "cpus": f"{plan['cpus']}",
        "memory": format_memory(plan["memory"]) if plan["memory"] else "",
        "time limit": format_duration(plan["time_limit"]) if plan["time_limit"] else "",
        "priority": f"{plan['priority']}",
        "retries": f"{plan['retries']}, on {', '.join(plan['retry_on'])}" if plan["retries"] else "",
        "max fails": f"{plan['max_fails']}" if plan["max_fails"] else "",
        "after": ", ".join([*map(str, plan["after"]), *(f"{job} however it ends" for job in plan["after_any"])]),
        "held": "until dmod job release" if plan["held"] else "",
        **{role: ", ".join(names) for role, names in plan["datasets"].items()},
        "period": period or "",
        "catchments": f"{plan['catchments']:,}" if plan["catchments"] else "",
    }
    points = [", ".join(f"{key} = {value}" for key, value in point.items()) for point in plan["points"]]
    facts |= {f"task {number}": text for number, text in enumerate(points[:_SHOWN], start=1)}
    if len(points) > _SHOWN:
        facts["..."] = f"and {len(points) - _SHOWN:,} more (-o json)"
    return [f"{paint(f'{label:<12}', 'dim')}{text}" for label, text in facts.items() if text]


def _tasks(plan: Mapping[str, Any]) -> str:
    if not plan["numbers"]:
        return ""
    most = f", {plan['at_once']:,} at once" if plan["at_once"] else ""
    return f"{plan['tasks']:,}: {short(plan['numbers'])}{most}"
