"""The campaign application for people with a browser. Start at `site.create_site`."""
