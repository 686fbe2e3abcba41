"""``python -m api.cli``: where ``./onemap`` hands over."""

from api.cli.commands import main

main()
