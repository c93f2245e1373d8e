"""`python -m crossfade.cli`: the command line without an installed script."""

from crossfade.cli.main import app

app(prog_name="crossfade")
