-- Models as they were when first used: a version's document never changes, so an old score can always be explained.
CREATE TABLE population.risk_model (
  model text NOT NULL,
  version int NOT NULL,
  organisation text,
  document text NOT NULL,
  stored_at timestamptz NOT NULL,
  PRIMARY KEY (model, version)
);
-- The points again, for set-based scoring. numeric, because an exact sum does not depend on the order of records.
CREATE TABLE population.risk_model_feature (
  model text NOT NULL,
  version int NOT NULL,
  code text NOT NULL,
  points numeric NOT NULL,
  PRIMARY KEY (model, version, code)
);

-- Runs. state: queued, scoring, publishing, completed, failed. latest says whether it was the newest index date of its model.
CREATE TABLE population.stratification (
  id uuid PRIMARY KEY,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  model text NOT NULL,
  model_version int NOT NULL,
  index_date date NOT NULL,
  seed bigint NOT NULL,
  state text NOT NULL,
  step text,
  latest boolean NOT NULL DEFAULT false,
  previous_id uuid,
  requested_by text NOT NULL,
  created_at timestamptz NOT NULL,
  started_at timestamptz,
  scored_at timestamptz,
  finished_at timestamptz,
  result jsonb,
  published_to uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
  published bigint NOT NULL DEFAULT 0,
  scores_kept boolean NOT NULL DEFAULT true,
  attempt int NOT NULL DEFAULT 0,
  failures int NOT NULL DEFAULT 0,
  error text
);
CREATE INDEX stratification_unfinished ON population.stratification (seq) WHERE state IN ('queued', 'scoring', 'publishing');
CREATE INDEX stratification_latest ON population.stratification (model, seq DESC) WHERE scored_at IS NOT NULL;

-- One partition a run, filled on its own and then attached. rank and tier are those in the practice.
CREATE TABLE population.risk_score (
  run_id uuid NOT NULL,
  person_id uuid NOT NULL,
  practice text NOT NULL,
  age int NOT NULL,
  sex text NOT NULL,
  emergency_admissions int NOT NULL,
  score double precision,
  not_scorable text,
  features text[] NOT NULL,
  rank int,
  tier text,
  system_rank int,
  system_tier text,
  PRIMARY KEY (run_id, person_id)
) PARTITION BY LIST (run_id);

-- Whose tier changed since the previous run of the model, and what moved the score.
CREATE TABLE population.risk_change (
  run_id uuid NOT NULL,
  person_id uuid NOT NULL,
  practice text NOT NULL,
  age int NOT NULL,
  sex text NOT NULL,
  direction text NOT NULL,
  tier text,
  previous_tier text,
  score double precision,
  previous_score double precision,
  features text[] NOT NULL,
  gained text[] NOT NULL,
  lost text[] NOT NULL,
  PRIMARY KEY (run_id, person_id)
);
CREATE INDEX risk_change_practice ON population.risk_change (run_id, practice, person_id);

CREATE TABLE population.high_risk_entry (
  id uuid PRIMARY KEY,
  version bigint NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  person_id uuid NOT NULL,
  practice text NOT NULL,
  status text NOT NULL,
  tier text NOT NULL,
  score double precision NOT NULL,
  features text[] NOT NULL,
  run_id uuid NOT NULL,
  proposed_at timestamptz NOT NULL,
  decided_at timestamptz,
  decided_by text,
  confirmed_on date,
  ended_on date,
  reason text,
  declined_until date
);
CREATE UNIQUE INDEX high_risk_entry_open ON population.high_risk_entry (person_id) WHERE status IN ('proposed', 'confirmed');
CREATE INDEX high_risk_entry_person ON population.high_risk_entry (person_id);
CREATE INDEX high_risk_entry_practice ON population.high_risk_entry (practice, status, seq);

-- Versions of what is told about a person's place on a register: rising with every decision.
CREATE SEQUENCE population.high_risk_decision_version;
