#!/bin/sh
# The database container runs this once, on its first start.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
  -v owner_password="$DATABASE_OWNER_PASSWORD" -v password="$DATABASE_PASSWORD" -f /deploy/roles.sql
