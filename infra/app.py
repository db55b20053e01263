"""The deployment, for the cdk command: ``cdk synth -c stage=main``; people use ``listbackup deploy``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from listbackup_infra.application import main

main()
