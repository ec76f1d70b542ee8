-- The versions of records that came before versions were compared: of those that came twice, the first stands for both.
INSERT INTO population.record_version_key (key, seq)
SELECT encode(substr(sha256(convert_to(source || E'\n' || record_id || E'\n' || record_version, 'UTF8')), 1, 16), 'hex')::uuid, min(seq)
FROM population.event GROUP BY source, record_id, record_version
ON CONFLICT DO NOTHING;
