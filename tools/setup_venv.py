"""Makes the virtual environment of this checkout with nothing but a Python: ``python3 tools/setup_venv.py .venv --stamp FILE``.

Uses only the standard library and is written for any Python 3, so that a Python that is too old is told so instead of failing to parse.
"""

import argparse
import importlib.util
import os
import subprocess
import sys

PIP = "pip==26.3"
OLDEST = (3, 11)


def main():
    """Create what is missing, install, and leave the stamp; one sentence and exit code 1 when that cannot work here."""
    parser = argparse.ArgumentParser()
    parser.add_argument("venv")
    parser.add_argument("--extra", default="")
    parser.add_argument("--stamp", required=True)
    options = parser.parse_args()
    if sys.version_info < OLDEST:
        found = ".".join(str(part) for part in sys.version_info[:2])
        stop(f"ListBackup needs Python 3.11 or newer and found {found}: install one and run  make PYTHON=python3.12 setup")
    python = os.path.join(options.venv, "bin", "python")
    if not works(python):
        create(options.venv, python)
    what = f".[{options.extra}]" if options.extra else "."
    print(f"Installing ListBackup into {options.venv} (the first time takes a minute) ...", flush=True)
    pip = [python, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(pip + [PIP], "pip could not be installed: is there a network, or a package index that pip is configured for?")
    run(pip + ["--editable", what], "the packages could not be installed: the line above says which, and why.")
    with open(options.stamp, "w") as stamp:
        stamp.write(f"installed {what}\n")


def works(python):
    """Whether this virtual environment has a Python that is new enough, and pip."""
    question = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        return subprocess.call([python, "-c", question], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def create(venv, python):
    """A new environment: by ensurepip where Python has it, else by the pip that the machine has."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        run([sys.executable, "-m", "venv", "--clear", venv], "the virtual environment could not be made.")
    elif importlib.util.find_spec("venv") and importlib.util.find_spec("pip"):
        run([sys.executable, "-m", "venv", "--clear", "--without-pip", venv], "the virtual environment could not be made.")
        install = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", python, "install", "--quiet", PIP]
        run(install, "pip could not be installed: is there a network, or a package index that pip is configured for?")
    else:
        stop(
            "this Python cannot make virtual environments (Debian packs that apart): run  "
            "apt-get install -y python3-venv  as root and then make again."
        )


def run(command, remedy):
    """Run it or stop with the remedy."""
    if subprocess.call(command) != 0:
        stop(remedy)


def stop(sentence):
    """Say one sentence and leave."""
    print("setup: " + sentence, file=sys.stderr)
    sys.exit(1)


if __name__ == "__main__":
    main()
