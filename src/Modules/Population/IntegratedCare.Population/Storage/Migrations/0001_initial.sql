-- Register -----------------------------------------------------------------------------------------------------------
CREATE TABLE population.organisation (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  code text NOT NULL UNIQUE,
  kind text NOT NULL,
  details jsonb NOT NULL
);

CREATE TABLE population.place (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  code text NOT NULL UNIQUE,
  level text NOT NULL,
  parent text,
  details jsonb NOT NULL
);

-- The places flattened for attribution: which locality, place and system a practice is in, and when. Rebuilt when a place changes.
CREATE TABLE population.practice_place (
  practice text NOT NULL,
  locality text NOT NULL,
  place text,
  system text,
  from_date date NOT NULL,
  to_date date,
  PRIMARY KEY (practice, from_date, locality)
);

-- nhs_number is the ten digits as a number: half the size of text, and what joins are made on.
CREATE TABLE population.person (
  id uuid PRIMARY KEY,
  nhs_number bigint NOT NULL UNIQUE,
  family_name text NOT NULL,
  given_name text NOT NULL,
  birth_date date NOT NULL,
  sex text NOT NULL,
  ethnic_category text,
  lsoa text,
  imd_score double precision,
  imd_decile smallint,
  practice text NOT NULL,
  registered_from date NOT NULL,
  death_date date,
  version bigint NOT NULL DEFAULT 1,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX person_practice ON population.person (practice);

-- Registrations that have ended; the present one is in person.
CREATE TABLE population.registration (
  person_id uuid NOT NULL,
  practice text NOT NULL,
  from_date date NOT NULL,
  to_date date NOT NULL,
  PRIMARY KEY (person_id, from_date)
);

-- Practices whose person-days must be counted again.
CREATE TABLE population.register_dirty (practice text PRIMARY KEY);
CREATE TABLE population.register_count (
  practice text NOT NULL,
  month date NOT NULL,
  version bigint NOT NULL,
  digest text NOT NULL,
  PRIMARY KEY (practice, month)
);
CREATE SEQUENCE population.register_count_version;

-- Events -------------------------------------------------------------------------------------------------------------
-- key is a hash of CloudEvents source and id: what makes a repeat harmless.
CREATE TABLE population.event_key (
  key uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY
);

-- Every version of every record as it was posted, by month of receipt.
CREATE TABLE population.event (
  seq bigint NOT NULL,
  key uuid NOT NULL,
  received_at timestamptz NOT NULL,
  client_id text NOT NULL,
  source text NOT NULL,
  kind text NOT NULL,
  record_id text NOT NULL,
  record_version bigint NOT NULL,
  cancelled boolean NOT NULL,
  nhs_number bigint NOT NULL,
  started timestamptz,
  ended timestamptz,
  ready timestamptz,
  provider text,
  admission_method text,
  admission_source text,
  patient_class text,
  destination text,
  diagnoses text,
  procedures text,
  service_kind text,
  permanent boolean,
  condition_code text,
  register text,
  price numeric(14,2),
  cost numeric(14,2),
  payload text NOT NULL
) PARTITION BY RANGE (received_at);
CREATE INDEX event_seq ON population.event (seq);
CREATE TABLE population.event_other PARTITION OF population.event DEFAULT;

-- The current version of each care record, attributed. person_id is null while the person is not registered: the record waits.
CREATE TABLE population.record (
  source text NOT NULL,
  record_id text NOT NULL,
  record_version bigint NOT NULL,
  fact_version bigint NOT NULL,
  event_seq bigint NOT NULL,
  received_at timestamptz NOT NULL,
  kind text NOT NULL,
  cancelled boolean NOT NULL,
  nhs_number bigint NOT NULL,
  person_id uuid,
  started timestamptz,
  ended timestamptz,
  ready timestamptz,
  day date,
  provider text,
  admission_method text,
  admission_source text,
  patient_class text,
  destination text,
  diagnoses text[],
  procedures text[],
  service_kind text,
  permanent boolean,
  condition_code text,
  register text,
  price numeric(14,2),
  cost numeric(14,2),
  practice text,
  locality text,
  place text,
  system text,
  age int,
  sex text,
  imd_decile smallint,
  PRIMARY KEY (source, record_id)
) WITH (fillfactor = 90);
CREATE INDEX record_person ON population.record (person_id, started DESC) WHERE person_id IS NOT NULL;
CREATE INDEX record_waiting ON population.record (nhs_number) WHERE person_id IS NULL;

-- Bulk loads and what they could not take ---------------------------------------------------------------------------
CREATE TABLE population.load (
  id uuid PRIMARY KEY,
  kind text NOT NULL,
  client_id text NOT NULL,
  organisation text NOT NULL,
  state text NOT NULL,
  accepted bigint NOT NULL DEFAULT 0,
  duplicate bigint NOT NULL DEFAULT 0,
  rejected bigint NOT NULL DEFAULT 0,
  started_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE TABLE population.load_reject (
  load_id uuid NOT NULL REFERENCES population.load (id),
  line bigint NOT NULL,
  code text NOT NULL,
  errors jsonb NOT NULL,
  content text NOT NULL,
  PRIMARY KEY (load_id, line)
);
