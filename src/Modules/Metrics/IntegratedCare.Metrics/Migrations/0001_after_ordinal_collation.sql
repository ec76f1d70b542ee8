-- What a table's declaration cannot say. Pages of values follow these columns in the order of their code points, on every database.
ALTER TABLE metrics.value
  ALTER COLUMN metric TYPE text COLLATE "C", ALTER COLUMN grain TYPE text COLLATE "C",
  ALTER COLUMN area_kind TYPE text COLLATE "C", ALTER COLUMN area TYPE text COLLATE "C";
ALTER TABLE metrics.published_value
  ALTER COLUMN metric TYPE text COLLATE "C", ALTER COLUMN grain TYPE text COLLATE "C",
  ALTER COLUMN area_kind TYPE text COLLATE "C", ALTER COLUMN area TYPE text COLLATE "C";
-- One row at most.
ALTER TABLE metrics.counted_to ADD CONSTRAINT counted_to_one_check CHECK (one);
