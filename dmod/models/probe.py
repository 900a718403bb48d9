"""What a module itself says that it exchanges, asked in a process of its own: one that crashes takes nothing with it.

`python -m dmod.models.probe` takes the question as JSON, makes and sets up the module, and tells as it goes what it is
about to try: the last thing told is where it failed.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dmod.errors import DmodError, NotFoundError
from dmod.hydro.modules import Interface, Refusal
from dmod.hydro.realization import Formulation
from dmod.hydro.run_paths import spellings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dmod.hydro.realization_time import Time
    from dmod.models.registry import Setting

LIMIT = 60  # seconds for a module to be set up
KEYS = {"bmi_c": "registration_function", "bmi_c++": "create_function", "bmi_python": "python_type"}
KEYS["bmi_fortran"] = KEYS["bmi_c"]
KEPT = ("allow_exceed_end_time", "fixed_time_step")  # what a module's own time is held against


def asker(folders: Sequence[Path]) -> Callable[[Formulation, str, Time], Interface | Refusal]:
    """What asks a module; relative paths and classes are looked for in `folders`, in their order."""

    def ask(formulation: Formulation, catchment: str, time: Time) -> Interface | Refusal:
        question = {
            "name": formulation.name, "params": dict(formulation.params), "catchment": catchment,
            "folders": [str(folder.absolute()) for folder in folders],
            "begin": time.begin.isoformat(), "step": time.step, "steps": time.steps,
        }  # fmt: skip
        with tempfile.TemporaryFile("w+") as noise:
            try:
                done = subprocess.run(
                    [sys.executable, "-m", "dmod.models.probe"],
                    input=json.dumps(question), stdout=subprocess.PIPE, stderr=noise,
                    text=True, timeout=LIMIT, check=False,
                )  # fmt: skip
            except subprocess.TimeoutExpired as error:
                said = error.stdout or b""
                return _answer(formulation, said.decode() if isinstance(said, bytes) else said, f"takes over {LIMIT} s")
            noise.seek(0)
            last = noise.read().strip().rpartition("\n")[2][:200]
        return _answer(formulation, done.stdout, _ended(done.returncode, last))

    return ask


def _ended(code: int, last: str) -> str:
    how = f"is killed by {signal.Signals(-code).name}" if code < 0 else f"ends its process with exit code {code}"
    return f"{how}: {last}" if last and code > 0 else how


def _answer(formulation: Formulation, text: str, ended: str) -> Interface | Refusal:
    told: list[dict[str, Any]] = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    last: dict[str, Any] = told[-1] if told else {"at": KEYS[formulation.name]}
    if "outputs" in last:
        return Interface(formulation.model, last["inputs"], last["outputs"], "")
    if "message" in last:
        return Refusal(**last)
    return Refusal(last["at"], last.get("parameter", ""), f"{formulation.model} {ended}", "")


def _say(**told: Any) -> None:  # noqa: ANN401 - what JSON holds
    os.write(_STDOUT, json.dumps(told).encode() + b"\n")


class _Stage:
    """What is being tried: a key of the params, and for model_params the parameter."""

    def __init__(self, at: str) -> None:
        self.at, self.parameter = at, ""

    def enter(self, at: str, parameter: str = "") -> None:
        """Tell what is about to be tried."""
        self.at, self.parameter = at, parameter
        _say(at=at, parameter=parameter)


def _tell(question: Mapping[str, Any]) -> None:
    """What a module exchanges, or what it failed at."""
    from dmod.models.model import Clock
    from dmod.models.registry import Setting

    folders = [Path(folder) for folder in question["folders"]]
    sys.path += question["folders"]
    clock = Clock(datetime.fromisoformat(question["begin"]), question["step"], question["steps"])
    formulation = Formulation(question["name"], question["params"])
    setting = Setting(question["catchment"], clock, {}, lambda text: _found(text, folders))
    stage = _Stage("python_type" if formulation.name == "bmi_python" else "library_file")
    try:
        _say(**_exchanged(formulation, setting, stage))
    except DmodError as error:
        message = error.message.removeprefix(f"{setting.catchment}: ")
        message = f"{message}: {error.why}" if error.why else message
        _say(key=stage.at, parameter=stage.parameter, message=message, fix=error.fix)
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        did = {"init_config": "cannot be set up"}.get(stage.at, "cannot be made")
        did = f"does not take {stage.parameter}" if stage.parameter else did
        what = f"{formulation.model} {did}: {type(error).__name__}: {error}"
        _say(key=stage.at, parameter=stage.parameter, message=what, fix="")


def _exchanged(formulation: Formulation, setting: Setting, stage: _Stage) -> dict[str, dict[str, str]]:
    """Make a module, set it up, ask it; what it is about to do is told before. Raises what the module raises."""
    import numpy as np

    from dmod.models.registry import config_path, maker
    from dmod.models.stepped import Ready

    make, label = maker(formulation, setting)
    stage.enter(KEYS[formulation.name])
    model = make()
    stage.enter("init_config")
    config = config_path(formulation.params, setting)
    model.initialize(config)
    for name, value in formulation.model_params.items():
        if not isinstance(value, Mapping):
            stage.enter("model_params", name)
            model.set_value(name, np.atleast_1d(value))
    stage.enter("")
    kept = {key: formulation.params[key] for key in KEPT if key in formulation.params}
    whole = Ready(lambda: model, label, kept, config, setting)
    model.finalize()
    sides = {"inputs": whole.takes, "outputs": whole.gives}
    return {side: {port.name: port.units for port in ports} for side, ports in sides.items()}


def _found(text: str, folders: Sequence[Path]) -> Path:
    tried = [folder / name for name in spellings(text) for folder in folders]
    for path in tried:
        if path.exists():
            return path
    raise NotFoundError(f"{text}: no such file", why=f"looked at {', '.join(map(str, tried))}")


if __name__ == "__main__":
    _STDOUT = os.dup(1)
    os.dup2(2, 1)  # what the module prints is no answer
    _tell(json.load(sys.stdin))
    sys.stdout.flush()
    os._exit(0)  # some libraries crash when they are unloaded
