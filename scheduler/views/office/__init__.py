"""The office's pages: a view speaks HTTP, a service does the rest."""
