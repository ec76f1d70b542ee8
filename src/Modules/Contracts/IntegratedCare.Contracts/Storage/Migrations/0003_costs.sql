-- What care came to, as Population last issued it, for measuring spend: the highest version of each record that may carry
-- money. A withdrawn record stays, not counting, so that an older version cannot come back.

-- Where care counted on its day, and what kind of care it was: few combinations, repeated by millions of records. Rows are
-- only ever added. What is not known is ''.
CREATE TABLE contracts.cost_area (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  practice text COLLATE "C" NOT NULL,
  locality text COLLATE "C" NOT NULL,
  place text COLLATE "C" NOT NULL,
  system text COLLATE "C" NOT NULL,
  UNIQUE (practice, locality, place, system)
);

CREATE TABLE contracts.cost_care (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  admission_method text COLLATE "C" NOT NULL,
  patient_class text COLLATE "C" NOT NULL,
  provider text COLLATE "C" NOT NULL,
  UNIQUE (kind, admission_method, patient_class, provider)
);

-- Pounds and pence. A weekly record's price and cost are by the week, from day to the day before until (null: goes on).
CREATE TABLE contracts.cost_fact (
  version bigint NOT NULL,
  person_id uuid NOT NULL,
  day date NOT NULL,
  until date,
  area_id int NOT NULL,
  care_id int NOT NULL,
  age smallint,
  counts boolean NOT NULL,
  weekly boolean NOT NULL,
  price numeric(14, 2),
  cost numeric(14, 2),
  source text COLLATE "C" NOT NULL,
  record_id text COLLATE "C" NOT NULL,
  PRIMARY KEY (source, record_id)
);
CREATE INDEX cost_fact_day ON contracts.cost_fact (area_id, day) WHERE counts AND NOT weekly;
CREATE INDEX cost_fact_weekly ON contracts.cost_fact (area_id, day) WHERE counts AND weekly;

-- Person-days registered, by practice and month. The elements are the five-year age bands 0-4 ... 85-89, 90+, and last those
-- whose band is not known.
CREATE TABLE contracts.register_count (
  practice text COLLATE "C" NOT NULL,
  month date NOT NULL,
  version bigint NOT NULL,
  locality text COLLATE "C",
  place text COLLATE "C",
  system text COLLATE "C",
  person_days bigint[] NOT NULL,
  PRIMARY KEY (practice, month)
);
CREATE INDEX register_count_month ON contracts.register_count (month);

-- A weekly service ends with its person, whether or not its council says so.
CREATE TABLE contracts.death (
  person_id uuid PRIMARY KEY,
  version bigint NOT NULL,
  died_on date
);
