"""A stand-in for ngen in tests, as the real one is not here: its command line, marks and files, and a toy for a model.

Each catchment gives a tenth of its rain at once. NGEN_STANDIN makes it fail: `fail` after 100 steps, `silent` writes
nothing, `slow` takes a minute.
"""

import json
import os
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import netCDF4


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


catchments, ids, _, _, config = sys.argv[1:6]
rank, size = int(os.environ.get("PMI_RANK", "0")), int(os.environ.get("PMI_SIZE", "1"))
wanted = None if ids == "all" else set(ids.split(","))
if size > 1:
    parts = json.loads(Path(sys.argv[6]).read_text())["partitions"]
    if len(parts) != size:
        sys.exit("number of partitions must be that of ranks")
    wanted = set(parts[rank]["cat-ids"])
realization = json.loads(Path(config).read_text())
begin, end = (datetime.fromisoformat(realization["time"][key]) for key in ("start_time", "end_time"))
steps = int((end - begin).total_seconds()) // int(realization["time"]["output_interval"]) + 1
for formulation in realization["global"]["formulations"]:
    for name in ("27", "52", "67"):
        Path(formulation["params"]["init_config"].replace("{{id}}", f"cat-{name}")).read_text()
say("Initializing formulations")
with netCDF4.Dataset(realization["global"]["forcing"]["path"]) as file:
    rain = dict(zip(file["ids"][:], file["APCP_surface"][:, :steps].astype(float), strict=True))
say("Running Models")
mode = os.environ.get("NGEN_STANDIN", "")
for step in range(0, steps, 100):
    say(f"Updating layer: 'surface layer' at output step {step}")
    if mode == "slow":
        time.sleep(60 / (steps / 100))
    if mode == "fail" and step >= 100:
        say("terminate called: a module is unhappy")
        sys.exit(3)
root = Path(realization.get("output_root") or realization["output"]["root"])
stamps = [str(begin + timedelta(hours=step)) for step in range(steps)]
for feature in json.loads(Path(catchments).read_text())["features"] if mode != "silent" else ():
    name = feature.get("id")
    if wanted is not None and name not in wanted:
        continue
    runoff = rain[name] / 1e4
    flow = runoff * feature["properties"]["areasqkm"] * 1e6 / 3600
    rows = [f"{at},{stamp},{value:.9g}\n" for at, (stamp, value) in enumerate(zip(stamps, runoff, strict=True))]
    (root / f"{name}.csv").write_text("Time Step,Time,Q_OUT\n" + "".join(rows))
    lines = [f"{at}, {stamp}, {value:g}\n" for at, (stamp, value) in enumerate(zip(stamps, flow, strict=True))]
    (root / f"{feature['properties']['toid']}_output.csv").write_text("".join(lines))
say(f"Finished {steps} timesteps.")
