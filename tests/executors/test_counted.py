"""What the kernel counts, in both of its versions, as containers write it down."""

from __future__ import annotations

import pytest

from dmod import layout
from dmod.executors.counted import Report, report
from dmod.executors.executor import Usage

V2 = """# memory.peak
62914560
# memory.events
low 0
oom 0
oom_kill 0
# cpu.stat
usage_usec 1500000
user_usec 1000000
# io.stat
8:0 rbytes=4096 wbytes=512 rios=1 wios=1 dbytes=0 dios=0
253:1 rbytes=1000 wbytes=8 rios=1 wios=1 dbytes=0 dios=0
"""
V1 = """# memory/memory.max_usage_in_bytes
62914560
# memory/memory.oom_control
oom_kill_disable 0
under_oom 0
oom_kill 0
# cpuacct/cpuacct.usage
1500000000
# blkio/blkio.throttle.io_service_bytes
8:0 Read 4096
8:0 Write 512
8:0 Total 4608
253:1 Read 1000
253:1 Write 8
Total 5616
"""
USED = Usage(1.5, 62_914_560, 5096, 520)


@pytest.mark.parametrize("text", [V2, V1])
def test_both_versions_count_alike(tmp_path, text):
    (tmp_path / layout.CONTAINER).write_text(text)
    assert report(tmp_path) == Report(USED, "")


@pytest.mark.parametrize("text", [V2, V1])
def test_who_was_killed_for_its_memory_is_known(tmp_path, text):
    (tmp_path / layout.CONTAINER).write_text(text.replace("oom_kill 0", "oom_kill 2"))
    assert report(tmp_path) == Report(USED, "memory")


def test_why_nothing_was_begun(tmp_path):
    (tmp_path / layout.CONTAINER).write_text("start: No such file or directory: /no\n")
    assert report(tmp_path) == Report(None, "start: No such file or directory: /no")


@pytest.mark.parametrize("text", ["", "# cpu.stat\nusage_usec", V1[:60]])
def test_what_was_cut_short_tells_nothing(tmp_path, text):
    (tmp_path / layout.CONTAINER).write_text(text)
    assert report(tmp_path) == Report(None, "")


def test_who_was_killed_left_nothing(tmp_path):
    assert report(tmp_path) == Report(None, "")
