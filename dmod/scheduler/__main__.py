"""`python -m dmod.scheduler PROJECT [drain]`: be the scheduler of a project; `drain`: start no job."""

from __future__ import annotations

import logging
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
        serve(Project.find(Path(sys.argv[1])), draining=sys.argv[2:] == [DRAIN])
    except DmodError as error:
        logging.getLogger("dmod.scheduler").error("\n".join(error.lines()))  # noqa: TRY400 - it is no bug
        return error.exit_code
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
