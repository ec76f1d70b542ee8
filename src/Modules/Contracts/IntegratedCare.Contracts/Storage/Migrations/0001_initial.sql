-- Contracts: agreements, risk-shares, settlements, and what other modules have told.

CREATE TABLE contracts.agreement (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  status text NOT NULL,
  parties text[] NOT NULL,
  starts_on date NOT NULL,
  ends_on date NOT NULL,
  document jsonb NOT NULL
);
CREATE INDEX agreement_parties ON contracts.agreement USING gin (parties);
CREATE INDEX agreement_calendar ON contracts.agreement (starts_on, ends_on) WHERE status IN ('agreed', 'active');

CREATE TABLE contracts.risk_share (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  agreement_id uuid NOT NULL REFERENCES contracts.agreement (id),
  status text NOT NULL,
  parties text[] NOT NULL,
  document jsonb NOT NULL
);
CREATE INDEX risk_share_agreement ON contracts.risk_share (agreement_id);
CREATE INDEX risk_share_parties ON contracts.risk_share USING gin (parties);

-- One row a version. The statement is bytes, not jsonb: its hash must outlive every round trip.
CREATE TABLE contracts.settlement (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  risk_share_id uuid NOT NULL REFERENCES contracts.risk_share (id),
  period text NOT NULL,
  number integer NOT NULL,
  status text NOT NULL,
  parties text[] NOT NULL,
  statement bytea NOT NULL,
  sha256 text NOT NULL,
  document jsonb NOT NULL
);
CREATE UNIQUE INDEX settlement_period_number ON contracts.settlement (risk_share_id, period, number);

CREATE FUNCTION contracts.keep_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A statement never changes; a correction is the next version.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER settlement_statement_kept BEFORE UPDATE OF statement, sha256 ON contracts.settlement
  FOR EACH ROW WHEN (OLD.statement IS DISTINCT FROM NEW.statement OR OLD.sha256 <> NEW.sha256) EXECUTE FUNCTION contracts.keep_statement();

CREATE TABLE contracts.organisation (
  code text PRIMARY KEY,
  display_name text NOT NULL,
  kind text NOT NULL,
  closed date,
  version bigint NOT NULL
);

CREATE TABLE contracts.published_value (
  metric text NOT NULL,
  area_kind text NOT NULL,
  area text NOT NULL,
  period text NOT NULL,
  value_id uuid NOT NULL,
  definition_version integer NOT NULL,
  version integer NOT NULL,
  numerator double precision NOT NULL,
  status text NOT NULL,
  known_at timestamptz NOT NULL,
  PRIMARY KEY (metric, area_kind, area, period)
);
