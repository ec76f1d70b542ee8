-- The life of an agreement: under which head it stands, and the day on which the calendar next moves it.

ALTER TABLE contracts.agreement
  ADD COLUMN head_agreement_id uuid REFERENCES contracts.agreement (id),
  ADD COLUMN due_on date;

UPDATE contracts.agreement SET due_on = CASE status WHEN 'agreed' THEN starts_on WHEN 'active' THEN ends_on + 1 END;

DROP INDEX contracts.agreement_calendar;
CREATE INDEX agreement_due ON contracts.agreement (due_on) WHERE due_on IS NOT NULL;
CREATE INDEX agreement_head ON contracts.agreement (head_agreement_id) WHERE head_agreement_id IS NOT NULL;
