-- Commissioning: pooled funds, their ledger, and the system control total.

CREATE TABLE commissioning.fund (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  code text NOT NULL,
  system text NOT NULL,
  host text NOT NULL,
  partners text[] NOT NULL,
  document jsonb NOT NULL
);
CREATE UNIQUE INDEX fund_code ON commissioning.fund (code);
CREATE INDEX fund_partners ON commissioning.fund USING gin (partners);

-- The ledger: append-only, balanced at every commit. xid says which transaction a journal belongs to: entries join it in no other.
CREATE TABLE commissioning.journal (
  id uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  fund_id uuid NOT NULL REFERENCES commissioning.fund (id),
  system text NOT NULL,
  kind text NOT NULL,
  reference text NOT NULL,
  year text NOT NULL,
  description text NOT NULL,
  posted_at timestamptz NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE UNIQUE INDEX journal_once ON commissioning.journal (fund_id, kind, reference);
CREATE INDEX journal_of_fund ON commissioning.journal (fund_id, seq);
CREATE INDEX journal_of_system ON commissioning.journal (system, year, kind);

CREATE TABLE commissioning.entry (
  journal_id uuid NOT NULL REFERENCES commissioning.journal (id) ON DELETE RESTRICT,
  line integer NOT NULL,
  account text NOT NULL,
  organisation text,
  amount numeric(18,2) NOT NULL,
  PRIMARY KEY (journal_id, line)
);

CREATE FUNCTION commissioning.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is append-only: correct it with another journal.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON commissioning.journal FOR EACH ROW EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON commissioning.entry FOR EACH ROW EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER journal_kept BEFORE TRUNCATE ON commissioning.journal FOR EACH STATEMENT EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER entry_kept BEFORE TRUNCATE ON commissioning.entry FOR EACH STATEMENT EXECUTE FUNCTION commissioning.refuse_change();

CREATE FUNCTION commissioning.require_open_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM commissioning.journal WHERE id = NEW.journal_id AND xid = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'Entries join a journal in the transaction that posts it.' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER entry_of_open_journal BEFORE INSERT ON commissioning.entry FOR EACH ROW EXECUTE FUNCTION commissioning.require_open_journal();

CREATE FUNCTION commissioning.require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM commissioning.entry WHERE journal_id = NEW.journal_id) <> 0 THEN
    RAISE EXCEPTION 'The entries of a journal sum to zero.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balance AFTER INSERT ON commissioning.entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION commissioning.require_balance();

CREATE TABLE commissioning.organisation_plan (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  system text NOT NULL,
  organisation text NOT NULL,
  year text NOT NULL,
  document jsonb NOT NULL
);
CREATE UNIQUE INDEX organisation_plan_once ON commissioning.organisation_plan (system, year, organisation);

-- Agreed settlements whose fund is not there yet.
CREATE TABLE commissioning.unposted_settlement (
  settlement_id uuid PRIMARY KEY,
  fund text NOT NULL,
  reason text NOT NULL,
  parties text[] NOT NULL,
  held_at timestamptz NOT NULL,
  document jsonb NOT NULL
);
CREATE INDEX unposted_settlement_fund ON commissioning.unposted_settlement (fund);

CREATE TABLE commissioning.organisation (
  code text PRIMARY KEY,
  display_name text NOT NULL,
  kind text NOT NULL,
  closed date,
  version bigint NOT NULL
);
