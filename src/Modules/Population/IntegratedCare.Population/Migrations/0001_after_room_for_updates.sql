-- A storage parameter, which the table's declaration cannot say: a record is amended often, and finds room on its own page.
ALTER TABLE population.record SET (fillfactor = 90);
