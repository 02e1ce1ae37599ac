-- Two roles: one owns the tables and changes them on an upgrade, the other reads and writes rows and can do nothing else.
-- psql -v owner_password=… -v password=… -f roles.sql; may be run again, on a managed PostgreSQL as well.
SELECT 'CREATE ROLE qonaq_owner LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'qonaq_owner') \gexec
SELECT 'CREATE ROLE qonaq LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'qonaq') \gexec
ALTER ROLE qonaq_owner PASSWORD :'owner_password';
ALTER ROLE qonaq PASSWORD :'password';
SELECT 'CREATE DATABASE qonaq OWNER qonaq_owner' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'qonaq') \gexec
\connect qonaq
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO qonaq;
SET ROLE qonaq_owner;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO qonaq;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO qonaq;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO qonaq;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO qonaq;
