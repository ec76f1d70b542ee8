-- The versions of records that came before versions were compared: of those that came twice, the first stands for both.
UPDATE population.event_key k SET version_key = v.version_key
FROM (
  SELECT min(seq) AS seq,
    encode(substr(sha256(convert_to(source || E'\n' || record_id || E'\n' || record_version, 'UTF8')), 1, 16), 'hex')::uuid AS version_key
  FROM population.event GROUP BY source, record_id, record_version) AS v
WHERE k.seq = v.seq AND k.version_key IS NULL;
DROP TABLE IF EXISTS population.record_version_key;
