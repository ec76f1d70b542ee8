-- Text that spend is kept and found by is compared by its bytes: faster, and the same on every machine. Weasel has no collations.
ALTER TABLE contracts.cost_area
  ALTER COLUMN practice TYPE text COLLATE "C", ALTER COLUMN locality TYPE text COLLATE "C",
  ALTER COLUMN place TYPE text COLLATE "C", ALTER COLUMN system TYPE text COLLATE "C";
ALTER TABLE contracts.cost_care
  ALTER COLUMN kind TYPE text COLLATE "C", ALTER COLUMN admission_method TYPE text COLLATE "C",
  ALTER COLUMN patient_class TYPE text COLLATE "C", ALTER COLUMN provider TYPE text COLLATE "C";
ALTER TABLE contracts.cost_fact
  ALTER COLUMN source TYPE text COLLATE "C", ALTER COLUMN record_id TYPE text COLLATE "C";
ALTER TABLE contracts.register_count
  ALTER COLUMN practice TYPE text COLLATE "C", ALTER COLUMN locality TYPE text COLLATE "C",
  ALTER COLUMN place TYPE text COLLATE "C", ALTER COLUMN system TYPE text COLLATE "C";
