-- Every module's schema has these tables of its own; {schema} is replaced. Run before the module's first migration, and harmless to repeat.
CREATE SCHEMA IF NOT EXISTS {schema};

CREATE TABLE IF NOT EXISTS {schema}.outbox (
  seq bigserial NOT NULL,
  written_on date NOT NULL DEFAULT (now() AT TIME ZONE 'utc')::date,
  event_id uuid NOT NULL,
  name text NOT NULL,
  key text,
  payload text NOT NULL,
  size int NOT NULL,
  occurred_at timestamptz NOT NULL,
  trace text,
  PRIMARY KEY (seq, written_on)
) PARTITION BY RANGE (written_on);
CREATE TABLE IF NOT EXISTS {schema}.outbox_default PARTITION OF {schema}.outbox DEFAULT;
CREATE TABLE IF NOT EXISTS {schema}.outbox_pending (
  seq bigint NOT NULL, written_on date NOT NULL, name text NOT NULL, size int NOT NULL, occurred_at timestamptz NOT NULL
);
CREATE TABLE IF NOT EXISTS {schema}.outbox_log (
  position bigserial PRIMARY KEY, seq bigint NOT NULL, written_on date NOT NULL, name text NOT NULL, size int NOT NULL, occurred_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS outbox_log_name ON {schema}.outbox_log (name, position);
CREATE TABLE IF NOT EXISTS {schema}.subscription (
  handler text PRIMARY KEY, producer text NOT NULL, position bigint NOT NULL DEFAULT 0, owner uuid, fence bigint NOT NULL DEFAULT 0, leased_until timestamptz
);
CREATE TABLE IF NOT EXISTS {schema}.delivery_retry (
  id uuid PRIMARY KEY, position bigint NOT NULL, event_id uuid NOT NULL, handler text NOT NULL, producer text NOT NULL, name text NOT NULL, key text, payload text NOT NULL,
  occurred_at timestamptz NOT NULL, trace text, attempts int NOT NULL, next_attempt_at timestamptz NOT NULL, parked_at timestamptz, error text
);
CREATE INDEX IF NOT EXISTS delivery_retry_key ON {schema}.delivery_retry (handler, key, position);

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
