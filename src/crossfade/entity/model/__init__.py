"""An entity prepared: its functions written out once."""
