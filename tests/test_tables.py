"""A table becomes a dataclass, or every mistake in it is named with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

import pytest

from dmod import tables, toml_file
from dmod.errors import UsageError


class Color(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: float = 0.0


@dataclass(frozen=True, slots=True)
class Everything:
    name: str
    cpus: int = field(default=1, metadata={"minimum": 1, "aliases": ("cores",), "doc": "ranks"})
    memory: int = field(default=0, metadata={"kind": "memory", "aliases": ("mem",)})
    limit: int | None = field(default=None, metadata={"kind": "duration"})
    way: str = field(default="up", metadata={"choices": ("up", "down")})
    color: Color = Color.RED
    start: datetime | None = None
    folder: Path = Path()
    names: tuple[str, ...] = ()
    inputs: str | tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    point: Point = field(default_factory=lambda: Point(0))
    points: tuple[Point, ...] = ()
    level: int = field(default=0, metadata={"minimum": 0, "maximum": 100})
    share: float = field(default=0, metadata={"maximum": 1})
    places: Mapping[str, Point] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict, metadata={"minimum": 1})

    def __post_init__(self) -> None:
        if self.name == "nobody":
            raise ValueError("nobody has no place here")


def read(text: str) -> Everything:
    located = toml_file.parse(text, Path("job.toml"))
    return tables.parse(Everything, located.data, located.where)


def mistake(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(text)
    return caught.value.message


def test_every_type_is_read():
    text = """
        name = "a"
        cpus = 2
        memory = "512MiB"
        limit = "1h"
        way = "down"
        color = "blue"
        start = 2015-12-01T01:00:00+01:00
        folder = "x/y"
        names = ["a", "b"]
        inputs = "one"
        environment = { A = "1" }
        point = { x = 1, y = 2 }
        points = [{ x = 1 }, { x = 2 }]
        level = 100
        places = { a.x = 1, "b c" = { x = 2 } }
        counts = { "calib-*" = 4 }
    """
    assert read(text) == Everything(
        name="a",
        cpus=2,
        memory=2**29,
        limit=3600,
        way="down",
        color=Color.BLUE,
        start=datetime(2015, 12, 1, tzinfo=UTC),
        folder=Path("x/y"),
        names=("a", "b"),
        inputs="one",
        environment={"A": "1"},
        point=Point(1, 2.0),
        points=(Point(1), Point(2)),
        level=100,
        places={"a": Point(1), "b c": Point(2)},
        counts={"calib-*": 4},
    )


@pytest.mark.parametrize("text", ["2015-12-01", '"2015-12-01T00:00:00Z"', "2015-12-01T00:00:00", '"2015-12-01"'])
def test_a_time_without_a_zone_is_utc(text: str):
    assert read(f'name = "a"\nstart = {text}').start == datetime(2015, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", 'job.toml the key "name" is missing'),
        ("name = 1", "job.toml:1:1 name must be text, not 1"),
        ('name = "a"\ncpus = "four"', 'job.toml:2:1 cpus must be a whole number, not "four"'),
        ('name = "a"\ncpus = true', "job.toml:2:1 cpus must be a whole number, not true"),
        ('name = "a"\ncpus = 0', "job.toml:2:1 cpus must be 1 or more, not 0"),
        ('name = "a"\ncores = 4', 'job.toml:2:1 unknown key "cores"; the key is "cpus"'),
        ('name = "a"\nmem = 4', 'job.toml:2:1 unknown key "mem"; the key is "memory"'),
        ('name = "a"\nmemroy = 4', 'job.toml:2:1 unknown key "memroy"; the key is "memory"'),
        ('name = "a"\n"CPUS" = 4', 'job.toml:2:1 unknown key "CPUS"; the key is "cpus"'),
        (
            'name = "a"\n[point]\nx = 1\nzzzz = 4',
            'job.toml:4:1 unknown key "zzzz" in [point]; the keys are x, y',
        ),
        (
            'name = "a"\nmemory = "4X"',
            'job.toml:2:1 memory: "4X" is not an amount of memory (a number and a unit, as in 512MiB, 1.5GiB or 4GB)',
        ),
        ('name = "a"\nmemory = -4', 'job.toml:2:1 memory must be an amount of memory such as "512MiB", not -4'),
        (
            'name = "a"\nway = "dwon"',
            'job.toml:2:1 way must be one of up, down, not "dwon"; did you mean "down"?',
        ),
        ('name = "a"\ncolor = "bleu"', 'job.toml:2:1 color must be one of red, blue, not "bleu"; did you mean "blue"?'),
        (
            'name = "a"\nstart = "yesterday"',
            'job.toml:2:1 start must be a time such as 2015-12-01T00:00:00Z, not "yesterday"',
        ),
        ('name = "a"\nnames = "b"', 'job.toml:2:1 names must be a list of texts, not "b"'),
        ('name = "a"\nnames = [1]', "job.toml:2:1 names must be text, not 1"),
        ('name = "a"\ninputs = 1', "job.toml:2:1 inputs must be text or a list of texts, not 1"),
        ('name = "a"\npoint = 1', "job.toml:2:1 point must be a table, not 1"),
        ('name = "a"\n[[points]]\nx = 1\n[[points]]\ny = 1', 'job.toml:4:1 the key "x" is missing in [points.1]'),
        ('name = "a"\nlevel = 101', "job.toml:2:1 level must be from 0 to 100, not 101"),
        ('name = "a"\nshare = 1.5', "job.toml:2:1 share must be 1 or less, not 1.5"),
        ('name = "a"\nenvironment = { A = 1 }', "job.toml:2:17 A must be text, not 1"),
        ('name = "a"\nenvironment = 1', "job.toml:2:1 environment must be a table, not 1"),
        ('name = "a"\n[counts]\n"a.*" = 2\n"b*" = 0', "job.toml:4:1 b* must be 1 or more, not 0"),
        ('name = "a"\n[places]\nb = 1', "job.toml:3:1 places.b must be a table, not 1"),
        ('name = "a"\n[places.b]\nz = 1\nx = 1', 'job.toml:3:1 unknown key "z" in [places.b]; the keys are x, y'),
        ('name = "a"\n[places.b]\ny = 1', 'job.toml:2:1 the key "x" is missing in [places.b]'),
        ('name = "nobody"', "job.toml nobody has no place here"),
    ],
)
def test_a_mistake_is_one_sentence_with_its_place(text: str, said: str):
    assert mistake(text) == said


def test_all_mistakes_are_reported_in_the_order_of_their_lines():
    with pytest.raises(UsageError) as caught:
        read('cpus = "four"\nname = 1\nmem = 3\n')
    assert "\n".join(caught.value.lines()).split("\n") == [
        "error: job.toml has 3 mistakes",
        '  why: job.toml:1:1 cpus must be a whole number, not "four"',
        "       job.toml:2:1 name must be text, not 1",
        '       job.toml:3:1 unknown key "mem"; the key is "memory"',
    ]


def test_many_mistakes_are_cut_and_counted():
    with pytest.raises(UsageError) as caught:
        read("\n".join(f"zz{number} = 1" for number in range(20)))
    assert caught.value.message == "job.toml has 21 mistakes"
    assert caught.value.why.count("\n") == 4
    assert caught.value.why.endswith("and 17 more")
