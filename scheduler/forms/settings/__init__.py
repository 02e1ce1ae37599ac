"""The catalogue's rows as forms: what is typed becomes a row of a museum's file, which the service checks."""
