-- Facts as Population last issued them: the highest version of each record, cancelled ones kept so that an older version
-- cannot come back. ordinary, emergency and acs say what the record counts for; they are decided when it arrives.
CREATE TABLE metrics.fact (
  source text NOT NULL,
  record_id text NOT NULL,
  version bigint NOT NULL,
  cancelled boolean NOT NULL,
  kind text NOT NULL,
  person_id uuid NOT NULL,
  start_at timestamptz NOT NULL,
  end_at timestamptz,
  day date NOT NULL,
  end_day date,
  practice text,
  locality text,
  place text,
  system text,
  age int,
  sex text,
  imd_decile int,
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
  price numeric,
  cost numeric,
  ordinary boolean NOT NULL,
  emergency boolean NOT NULL,
  acs boolean NOT NULL,
  acs_condition text,
  PRIMARY KEY (source, record_id)
);
CREATE INDEX fact_admitted ON metrics.fact (day) WHERE ordinary AND NOT cancelled;
CREATE INDEX fact_discharged ON metrics.fact (coalesce(end_day, 'infinity'::date)) WHERE ordinary AND NOT cancelled;

-- Person-days registered, by practice and month; rows holds the breakdown by sex, age band and deprivation.
CREATE TABLE metrics.register_count (
  practice text NOT NULL,
  month date NOT NULL,
  version bigint NOT NULL,
  locality text,
  place text,
  system text,
  person_days bigint NOT NULL,
  rows jsonb NOT NULL,
  PRIMARY KEY (practice, month)
);
CREATE INDEX register_count_month ON metrics.register_count (month);

-- Every decision about a person and the high-risk register. On a date, the highest version effective by then holds.
CREATE TABLE metrics.register_entry (
  person_id uuid NOT NULL,
  version bigint NOT NULL,
  status text NOT NULL,
  effective date NOT NULL,
  practice text NOT NULL,
  locality text,
  system text,
  PRIMARY KEY (person_id, version)
);

CREATE TABLE metrics.death (
  person_id uuid PRIMARY KEY,
  version bigint NOT NULL,
  died_on date
);

-- Every change of a care plan. On a date, the latest change effective by then holds.
CREATE TABLE metrics.plan (
  episode_id uuid NOT NULL,
  at timestamptz NOT NULL,
  plan_version int NOT NULL,
  person_id uuid NOT NULL,
  anticipatory boolean NOT NULL,
  current_from date NOT NULL,
  ended_on date,
  effective date NOT NULL,
  PRIMARY KEY (episode_id, at, plan_version)
);

-- Names of organisations and places.
CREATE TABLE metrics.area (
  kind text NOT NULL,
  code text NOT NULL,
  name text NOT NULL,
  version bigint NOT NULL,
  PRIMARY KEY (kind, code)
);

-- What has to be computed again. Only ever appended to and taken from, so that reactions and the refresher never wait for
-- each other and nothing that commits during a refresh is lost.
CREATE TABLE metrics.dirty (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  metric text NOT NULL,
  month date NOT NULL
);

-- The London day that open spells, plans and registers were last counted to.
CREATE TABLE metrics.counted_to (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  day date NOT NULL
);

-- One live value of each metric, period and area.
CREATE TABLE metrics.value (
  metric text COLLATE "C" NOT NULL,
  grain text COLLATE "C" NOT NULL,
  first date NOT NULL,
  area_kind text COLLATE "C" NOT NULL,
  area text COLLATE "C" NOT NULL,
  parent text,
  id uuid NOT NULL UNIQUE,
  definition_version int NOT NULL,
  numerator float8 NOT NULL,
  denominator float8,
  value float8,
  lower95 float8,
  upper95 float8,
  lower998 float8,
  upper998 float8,
  sum_of_squares float8 NOT NULL,
  persons bigint NOT NULL,
  suppressed boolean NOT NULL,
  known_at timestamptz NOT NULL,
  watermark bigint NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (metric, grain, first, area_kind, area)
);

-- Every version of every published value. superseded_at closes a version when the next one is written.
CREATE TABLE metrics.published_value (
  metric text COLLATE "C" NOT NULL,
  grain text COLLATE "C" NOT NULL,
  first date NOT NULL,
  area_kind text COLLATE "C" NOT NULL,
  area text COLLATE "C" NOT NULL,
  version int NOT NULL,
  parent text,
  id uuid NOT NULL UNIQUE,
  definition_version int NOT NULL,
  numerator float8 NOT NULL,
  denominator float8,
  value float8,
  lower95 float8,
  upper95 float8,
  lower998 float8,
  upper998 float8,
  sum_of_squares float8 NOT NULL,
  persons bigint NOT NULL,
  suppressed boolean NOT NULL,
  status text NOT NULL,
  publication_id uuid,
  known_at timestamptz NOT NULL,
  superseded_at timestamptz,
  watermark bigint NOT NULL,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (metric, grain, first, area_kind, area, version)
);
CREATE UNIQUE INDEX published_value_current ON metrics.published_value (metric, grain, first, area_kind, area) WHERE superseded_at IS NULL;

CREATE TABLE metrics.computation (
  id uuid PRIMARY KEY,
  organisation text NOT NULL,
  computed_at timestamptz NOT NULL,
  document jsonb NOT NULL
);
