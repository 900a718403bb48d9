"""`python -m dmod.scheduler PROJECT [ASKED] [drain]`: be the scheduler of a project.

ASKED: when somebody wanted it, in seconds since 1970; `drain`: start no job.
"""

from __future__ import annotations

import logging
import math
import sys
from pathlib import Path

from dmod.errors import DmodError
from dmod.project import Project
from dmod.scheduler.lock import DRAIN
from dmod.scheduler.serve import serve


def main() -> int:
    """Serve; the exit code is that of the error if it cannot."""
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        datefmt="%Y-%m-%dT%H:%M:%S",
    )
    try:
        root, *words = sys.argv[1:]
        asked = min((float(word) for word in words if word != DRAIN), default=math.inf)
        serve(Project.find(Path(root)), draining=DRAIN in words, asked=asked)
    except DmodError as error:
        logging.getLogger("dmod.scheduler").error("\n".join(error.lines()))  # noqa: TRY400 - it is no bug
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
