"""Steps: what BuildKit says while it builds, as how far it is, what it does, and the lines of what failed."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field

TAIL = 20  # lines of a failed step that are shown
_LINE = re.compile(r"#(\d+) (?:(\d+\.\d+) )?(.*)")
_NUMBERED = re.compile(r"\[(?:\S+ +)?\d+/\d+\] (.*)")  # a build beside this one may lend its name to a step of both


@dataclass(slots=True)
class Step:
    """One instruction of a Dockerfile, as it is carried out."""

    title: str  # `RUN pip install ...`
    lines: deque[str] = field(default_factory=lambda: deque(maxlen=TAIL))  # the last that it said


@dataclass(slots=True)
class Steps:
    """How far a build is, by the lines of `docker buildx build --progress plain`."""

    total: int  # that the Dockerfile has, by `Recipe.steps`; BuildKit's own totals are of one stage each
    now: str = ""  # the title of the step that spoke last
    last: str = ""  # what it said last
    begun: int = 0  # steps, those of all stages together
    failed: Step | None = None
    error: str = ""  # why, as BuildKit puts it
    _steps: dict[str, Step] = field(default_factory=dict)  # by BuildKit's number

    def feed(self, line: str) -> bool:
        """Take a line in; whether anything changed that is worth showing."""
        match = _LINE.fullmatch(line.rstrip())
        if not match:
            if line.startswith("ERROR:"):
                self.error = line.removeprefix("ERROR:").strip()
            return False
        number, spoken, text = match[1], match[2], match[3].strip()
        if number not in self._steps:
            return self._begin(number, text)
        step = self._steps[number]
        if text.startswith("ERROR:") and not spoken:
            self.failed, self.error = step, text.removeprefix("ERROR:").strip()
        elif spoken and text:
            step.lines.append(text)
            self.now, self.last = step.title, text
            return True
        return False

    def _begin(self, number: str, text: str) -> bool:
        numbered = _NUMBERED.match(text)
        self._steps[number] = Step(numbered[1] if numbered else text)
        if not numbered:
            return False
        self.begun = min(self.begun + 1, self.total)
        self.now, self.last = numbered[1], ""
        return True
