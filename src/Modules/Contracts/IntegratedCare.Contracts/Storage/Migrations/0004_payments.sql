-- Payment terms of an agreement, and what was paid under them.

CREATE TABLE contracts.payment_terms (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  agreement_id uuid NOT NULL REFERENCES contracts.agreement (id),
  status text NOT NULL,
  parties text[] NOT NULL,
  document jsonb NOT NULL
);
CREATE INDEX payment_terms_agreement ON contracts.payment_terms (agreement_id);

-- One row a version. The statement is bytes, not jsonb: its hash must outlive every round trip.
CREATE TABLE contracts.payment (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  payment_terms_id uuid NOT NULL REFERENCES contracts.payment_terms (id),
  period text NOT NULL,
  number integer NOT NULL,
  parties text[] NOT NULL,
  amount numeric NOT NULL,
  statement bytea NOT NULL,
  sha256 text NOT NULL,
  document jsonb NOT NULL
);
CREATE UNIQUE INDEX payment_period_number ON contracts.payment (payment_terms_id, period, number);

CREATE TRIGGER payment_statement_kept BEFORE UPDATE OF statement, sha256, amount ON contracts.payment
  FOR EACH ROW WHEN (OLD.statement IS DISTINCT FROM NEW.statement OR OLD.sha256 <> NEW.sha256 OR OLD.amount <> NEW.amount) EXECUTE FUNCTION contracts.keep_statement();
