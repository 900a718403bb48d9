"""The /dmod directory contract of a worker, and the files of a job's folder, as names and nothing else.

In a container the tree stands at `/dmod`; the local executor builds the same tree under `<job folder>/dmod`, and
`/dmod/...` paths found in configs are mapped to it.
"""

from __future__ import annotations

DMOD = "/dmod"
BIN = "bin"  # on PATH: ngen-serial, ngen-parallel, the link ngen
SHARED_LIBS = "shared_libs"  # on LD_LIBRARY_PATH
MODULE_DATA = "bmi_module_data"  # bmi_module_data/<module>/...
VENV = "venv"
DATASETS = "datasets"  # datasets/<category>/<dataset>: links into one of the next two
CLUSTER_VOLUMES = "cluster_volumes"  # the same data on every node
LOCAL_VOLUMES = "local_volumes"  # a copy of the node's own

STATE = ".dmod"  # the folder of a project that holds its queue, its jobs and its secrets

JOB = "job.json"  # what the worker is asked to do
OUTPUT = "output"  # what the worker made; becomes the output dataset
PROGRESS = "progress.json"  # {"done": 3, "total": 10, "unit": "catchments", "phase": "simulating"}
FAILURE = "failure.json"  # {"rank": 1, "reason": "...", "message": "..."}: written by the rank that fails
RANKS = "ranks"  # ranks/<rank>.pid: which process a rank is; ranks/<rank>.at: the module and the step it is in
CONTAINER = ".container"  # of a task in one: what the kernel counted, or why it was not begun
STDOUT = "stdout.log"
STDERR = "stderr.log"
