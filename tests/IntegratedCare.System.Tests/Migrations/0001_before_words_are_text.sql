ALTER TABLE stepped.kept ALTER COLUMN words TYPE text USING words || ' words';
