"""What is free goes back to the system, also after large blocks have been freed."""

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
bytes(bytearray(16 << 20))  # freed: glibc would keep blocks up to this size from now on
if {settled}:
    give_back_large_blocks()
small = [bytes(1000) for _ in range(8_000)]
del small
at_the_end, before = told().keepcost, told().hblks
kept = bytearray(1 << 20)
print(told().hblks - before, at_the_end > 1 << 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the setting is glibc's")
@pytest.mark.parametrize(("settled", "seen"), [(True, "1 False"), (False, "0 True")], ids=["asked for", "as it is by itself"])
def test_a_block_of_a_mebibyte_is_the_systems_own_and_eight_that_are_free_go_back(settled: bool, seen: str) -> None:
    done = subprocess.run([sys.executable, "-c", ASKED.format(settled=settled)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == seen
