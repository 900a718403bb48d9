"""What executes one job on one node: `python -m dmod.worker JOBFOLDER`, one process or N ranks under mpiexec."""
