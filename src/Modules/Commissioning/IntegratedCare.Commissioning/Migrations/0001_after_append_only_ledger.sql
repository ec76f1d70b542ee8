-- The ledger is append-only and balanced at every commit; entries join a journal only in the transaction that posts it.
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
