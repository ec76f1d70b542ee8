-- A registration lasts until the next one begins; corrections of before had left some that overlap, and gaps.
UPDATE population.registration h SET to_date = n.to_date
FROM (
  SELECT f.person_id, f.from_date, least(lead(f.from_date) OVER (PARTITION BY f.person_id ORDER BY f.from_date), p.registered_from) AS to_date
  FROM population.registration f JOIN population.person p ON p.id = f.person_id) AS n
WHERE h.person_id = n.person_id AND h.from_date = n.from_date AND h.to_date <> n.to_date;
INSERT INTO population.register_dirty SELECT DISTINCT practice FROM population.registration ON CONFLICT DO NOTHING;
