-- Who takes part in which open episode, from Care Pathways: a relationship to the person.
CREATE TABLE population.episode_partner (
  episode_id uuid NOT NULL,
  organisation text NOT NULL,
  person_id uuid NOT NULL,
  CONSTRAINT pk_episode_partner PRIMARY KEY (episode_id, organisation)
);
CREATE INDEX episode_partner_person ON population.episode_partner (person_id, organisation);
