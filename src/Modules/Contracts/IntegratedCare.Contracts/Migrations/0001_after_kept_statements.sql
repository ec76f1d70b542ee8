-- What a settlement's or a payment's statement says never changes; a correction is the next version.
CREATE OR REPLACE FUNCTION contracts.keep_statement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'A statement never changes; a correction is the next version.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER statement_kept BEFORE UPDATE OR DELETE ON contracts.statement
  FOR EACH ROW EXECUTE FUNCTION contracts.keep_statement();
CREATE OR REPLACE TRIGGER settlement_statement_kept BEFORE UPDATE ON contracts.mt_doc_settlement
  FOR EACH ROW WHEN (OLD.data -> 'sha256' IS DISTINCT FROM NEW.data -> 'sha256') EXECUTE FUNCTION contracts.keep_statement();
CREATE OR REPLACE TRIGGER payment_kept BEFORE UPDATE ON contracts.mt_doc_payment
  FOR EACH ROW WHEN (OLD.data IS DISTINCT FROM NEW.data) EXECUTE FUNCTION contracts.keep_statement();
