ALTER TABLE population.event ALTER COLUMN data TYPE json USING data::text::json;
