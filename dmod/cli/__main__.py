"""`python -m dmod.cli` is `dmod`."""

from __future__ import annotations

import sys

from dmod.cli import main

sys.exit(main())
