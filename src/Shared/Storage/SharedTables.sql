-- Every module's schema has these tables of its own; {schema} is replaced. Run before the module's first migration, and harmless to repeat.
CREATE SCHEMA IF NOT EXISTS {schema};

-- Events not yet handed to anybody. seq follows the order of saves of one aggregate; xid says when it is safe to read.
CREATE TABLE IF NOT EXISTS {schema}.outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  event_id uuid NOT NULL,
  name text NOT NULL,
  key text,
  payload text NOT NULL,
  size int NOT NULL,
  occurred_at timestamptz NOT NULL,
  trace text
);

-- Deliveries that failed, or wait behind one that failed: one row per event and handler.
CREATE TABLE IF NOT EXISTS {schema}.outbox_retry (
  id uuid PRIMARY KEY,
  seq bigint NOT NULL,
  event_id uuid NOT NULL,
  handler text NOT NULL,
  name text NOT NULL,
  key text,
  payload text NOT NULL,
  occurred_at timestamptz NOT NULL,
  trace text,
  attempts int NOT NULL,
  next_attempt_at timestamptz NOT NULL,
  parked_at timestamptz,
  error text,
  UNIQUE (event_id, handler)
);
CREATE INDEX IF NOT EXISTS outbox_retry_key ON {schema}.outbox_retry (handler, key, seq);

-- What this module has applied: committed together with its effects.
CREATE TABLE IF NOT EXISTS {schema}.inbox (
  event_id uuid NOT NULL,
  handler text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (event_id, handler)
);
CREATE INDEX IF NOT EXISTS inbox_applied_at ON {schema}.inbox (applied_at);

CREATE TABLE IF NOT EXISTS {schema}.idempotency (
  client_id text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  status int NOT NULL,
  headers text NOT NULL,
  body bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (client_id, key)
);
CREATE INDEX IF NOT EXISTS idempotency_created_at ON {schema}.idempotency (created_at);

-- Who read which person's data, for what.
CREATE TABLE IF NOT EXISTS {schema}.audit (
  id uuid PRIMARY KEY,
  at timestamptz NOT NULL,
  client_id text NOT NULL,
  organisation text NOT NULL,
  kind text NOT NULL,
  purpose text NOT NULL,
  acting_user text,
  operation text NOT NULL,
  persons uuid[] NOT NULL,
  result_count int NOT NULL,
  request_id text NOT NULL
);
CREATE INDEX IF NOT EXISTS audit_persons ON {schema}.audit USING gin (persons);
CREATE INDEX IF NOT EXISTS audit_at ON {schema}.audit (at);
