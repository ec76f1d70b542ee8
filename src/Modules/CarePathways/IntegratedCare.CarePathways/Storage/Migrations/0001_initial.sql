-- Organisations' names and kinds, as the register last gave them.
CREATE TABLE care_pathways.organisation (
  code text NOT NULL CONSTRAINT "PK_organisation" PRIMARY KEY,
  display_name text NOT NULL,
  kind text NOT NULL,
  register_version bigint NOT NULL
);

-- The last version heard of a person's death and place on the high-risk register.
CREATE TABLE care_pathways.person (
  person_id uuid NOT NULL CONSTRAINT "PK_person" PRIMARY KEY,
  died_on date,
  death_version bigint NOT NULL,
  high_risk_version bigint NOT NULL
);

-- One person's way along one pathway.
CREATE TABLE care_pathways.episode (
  id uuid NOT NULL CONSTRAINT "PK_episode" PRIMARY KEY,
  version bigint NOT NULL,
  pathway text NOT NULL,
  pathway_version integer NOT NULL,
  person_id uuid NOT NULL,
  practice text NOT NULL,
  locality text,
  status text NOT NULL,
  stage text NOT NULL,
  organisations text[] NOT NULL,
  has_key_worker boolean NOT NULL,
  proposed_at timestamptz NOT NULL,
  ended_at timestamptz,
  due_at timestamptz,
  document jsonb NOT NULL
);
CREATE UNIQUE INDEX episode_one_open ON care_pathways.episode (pathway, person_id) WHERE status IN ('proposed', 'active');
-- A person has at most one key worker at a time, across episodes.
CREATE UNIQUE INDEX episode_one_key_worker ON care_pathways.episode (person_id) WHERE has_key_worker;
CREATE INDEX episode_person ON care_pathways.episode (person_id);
CREATE INDEX episode_practice ON care_pathways.episode (practice, id);
CREATE INDEX episode_organisations ON care_pathways.episode USING gin (organisations);

-- Clocks as last computed from their episode, to be listed by due time.
CREATE TABLE care_pathways.clock (
  episode_id uuid NOT NULL CONSTRAINT clock_episode REFERENCES care_pathways.episode (id) ON DELETE CASCADE,
  clock text NOT NULL,
  number integer NOT NULL,
  started_at timestamptz NOT NULL,
  due_at timestamptz,
  stopped_at timestamptz,
  paused boolean NOT NULL,
  breached_at timestamptz,
  CONSTRAINT clock_key PRIMARY KEY (episode_id, clock, number)
);
CREATE INDEX clock_due ON care_pathways.clock (due_at, episode_id) WHERE stopped_at IS NULL;

-- On which episode an emergency admission is noted.
CREATE TABLE care_pathways.admission (
  source text NOT NULL,
  record_id text NOT NULL,
  episode_id uuid NOT NULL CONSTRAINT admission_episode REFERENCES care_pathways.episode (id) ON DELETE CASCADE,
  CONSTRAINT "PK_admission" PRIMARY KEY (source, record_id, episode_id)
);
CREATE INDEX admission_episode_id ON care_pathways.admission (episode_id);
