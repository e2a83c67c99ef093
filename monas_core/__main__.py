"""``python -m monas_core``: the ``monas`` command, as launchers start it."""

from monas_core.cli.main import main

if __name__ == "__main__":
    main()
