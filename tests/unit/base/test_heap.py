"""Large blocks go back to the system, also after larger ones have been freed."""

import platform
import subprocess
import sys

import pytest

ASKED = """
import ctypes
from listbackup.base.heap import give_back_large_blocks

class Info(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

told = ctypes.CDLL(None).mallinfo2
told.restype = Info
if {settled}:
    give_back_large_blocks()
bytes(bytearray(16 << 20))  # freed: glibc would keep blocks up to this size from now on
before = told().hblks
kept = bytearray(1 << 20)
print(told().hblks - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
@pytest.mark.parametrize(("settled", "blocks"), [(True, "1"), (False, "0")], ids=["asked for", "as it is by itself"])
def test_a_block_of_a_mebibyte_is_the_systems_own(settled: bool, blocks: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASKED.format(settled=settled)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == blocks
