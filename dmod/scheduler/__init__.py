"""The scheduler: the queue of jobs, and the process that carries each from queued to its end."""
