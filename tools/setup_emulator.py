"""Makes the virtual environment of the AWS emulator that tests start: ``python3 tools/setup_emulator.py .emulator --stamp FILE``.

Apart from the project's own, because the emulator insists on other versions of boto3. What goes into it stands in ``emulator.txt``, every version pinned.
"""

import argparse
import os

from setup_venv import PIP, create, run, works

LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), "emulator.txt")


def main():
    """Create what is missing, install, and leave the stamp; one sentence and exit code 1 when that cannot work here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("venv")
    parser.add_argument("--stamp", required=True)
    options = parser.parse_args()
    python = os.path.join(options.venv, "bin", "python")
    if not works(python):
        create(options.venv, python)
    print(f"Installing the AWS emulator of the tests into {options.venv} ...", flush=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(pip + [PIP], "pip could not be installed: is there a network, or a package index that pip is configured for?")
    run(pip + ["--no-deps", "--requirement", LIST], "the emulator could not be installed: the line above says which package, and why.")
    with open(options.stamp, "w") as stamp:
        stamp.write("installed emulator.txt\n")


if __name__ == "__main__":
    main()
