"""`python -m crossfade.cli`: the `crossfade` command without the installed script."""

from crossfade.cli.main import app

app(prog_name="crossfade")
