"""``python -m listbackup``: the command line, where its script is not on the path."""

from listbackup.cli.main import main

if __name__ == "__main__":
    main()
