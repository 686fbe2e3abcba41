"""``python -m api.cli``: where ``./onemap`` hands over."""

from api.cli.commands import main

if __name__ == "__main__":  # processes that Dask starts import this module, too
    main()
