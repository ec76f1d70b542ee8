-- Nothing is planned by the values of these columns, and sampling them costs autovacuum more than all others together.
ALTER TABLE population.event ALTER COLUMN payload SET STATISTICS 0, ALTER COLUMN data SET STATISTICS 0;
ALTER TABLE population.record ALTER COLUMN data SET STATISTICS 0;
