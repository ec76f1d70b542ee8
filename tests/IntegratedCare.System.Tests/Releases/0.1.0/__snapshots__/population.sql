DO $$
BEGIN      IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'population') THEN
        BEGIN
          EXECUTE 'CREATE SCHEMA IF NOT EXISTS population';
        EXCEPTION
          WHEN duplicate_schema THEN NULL;
          WHEN unique_violation THEN NULL;
        END;
      END IF;

END
$$;


CREATE
OR REPLACE FUNCTION population.mt_immutable_timestamp(value text) RETURNS timestamp without time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::timestamp

$function$;


CREATE
OR REPLACE FUNCTION population.mt_immutable_timestamptz(value text) RETURNS timestamp with time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::timestamptz

$function$;


CREATE
OR REPLACE FUNCTION population.mt_immutable_time(value text) RETURNS time without time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::time

$function$;


CREATE
OR REPLACE FUNCTION population.mt_immutable_date(value text) RETURNS date LANGUAGE sql IMMUTABLE AS
$function$
select value::date

$function$;


CREATE
OR REPLACE FUNCTION population.mt_grams_vector(text, use_unaccent boolean DEFAULT false)
        RETURNS tsvector
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
BEGIN
RETURN (SELECT array_to_string(population.mt_grams_array($1, use_unaccent), ' ') ::tsvector);
END
$function$;


CREATE
OR REPLACE FUNCTION population.mt_grams_query(text, use_unaccent boolean DEFAULT false)
        RETURNS tsquery
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
BEGIN
RETURN (SELECT array_to_string(population.mt_grams_array($1, use_unaccent), ' & ') ::tsquery);
END
$function$;


CREATE
OR REPLACE FUNCTION population.mt_grams_array(words text, use_unaccent boolean DEFAULT false)
        RETURNS text[]
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
        DECLARE
result text[];
        DECLARE
word text;
        DECLARE
clean_word text;
BEGIN
                FOREACH
word IN ARRAY string_to_array(words, ' ')
                LOOP
                     clean_word = regexp_replace(population.mt_safe_unaccent(use_unaccent, word), '[^a-zA-Z0-9]+', '','g');
FOR i IN 1 .. length(clean_word)
                     LOOP
                         result := result || quote_literal(substr(lower(clean_word), i, 1));
                         result
:= result || quote_literal(substr(lower(clean_word), i, 2));
                         result
:= result || quote_literal(substr(lower(clean_word), i, 3));
END LOOP;
END LOOP;

RETURN ARRAY(SELECT DISTINCT e FROM unnest(result) AS a(e) ORDER BY e);
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_append(jsonb, text[], jsonb, boolean, jsonb default null::jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    val ALIAS FOR $3;
    if_not_exists ALIAS FOR $4;
    patch_expression ALIAS FOR $5;
    tmp_value jsonb;
BEGIN
    tmp_value = retval #> location;
    IF tmp_value IS NOT NULL AND jsonb_typeof(tmp_value) = 'array' THEN
        CASE
            WHEN NOT if_not_exists THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            WHEN patch_expression IS NULL AND jsonb_typeof(val) = 'object' AND NOT tmp_value @> jsonb_build_array(val) THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            WHEN patch_expression IS NULL AND jsonb_typeof(val) <> 'object' AND NOT tmp_value @> val THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            WHEN patch_expression IS NOT NULL AND jsonb_typeof(patch_expression) = 'array' AND jsonb_array_length(patch_expression) = 0 THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            ELSE NULL;
            END CASE;
    END IF;
    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_append_key_value(jsonb, text[], jsonb, boolean)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    val ALIAS FOR $3;
    if_not_exists ALIAS FOR $4;
    tmp_value jsonb;
    _key text;
BEGIN
    tmp_value = retval #> location;

    IF tmp_value IS NOT NULL AND jsonb_typeof(tmp_value) = 'object' THEN
        CASE
            WHEN NOT if_not_exists THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            WHEN NOT tmp_value ?| ARRAY(SELECT jsonb_object_keys(val)) THEN
                retval = jsonb_set(retval, location, tmp_value || val, FALSE);
            ELSE NULL;
        END CASE;
    END IF;
    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_copy(jsonb, text[], text[])
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    src_path ALIAS FOR $2;
    dst_path ALIAS FOR $3;
    tmp_value jsonb;
BEGIN
    tmp_value = retval #> src_path;
    retval = population.mt_jsonb_fix_null_parent(retval, dst_path);
    RETURN jsonb_set(retval, dst_path, tmp_value::jsonb, TRUE);
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_duplicate(jsonb, text[], jsonb)
RETURNS jsonb
LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    targets ALIAS FOR $3;
    tmp_value jsonb;
    target_path text[];
    target text;
BEGIN
    FOR target IN SELECT jsonb_array_elements_text(targets)
    LOOP
        target_path = population.mt_jsonb_path_to_array(target, '\.');
        retval = population.mt_jsonb_copy(retval, location, target_path);
    END LOOP;

    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_fix_null_parent(jsonb, text[])
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
retval ALIAS FOR $1;
    dst_path ALIAS FOR $2;
    dst_path_segment text[] = ARRAY[]::text[];
    dst_path_array_length integer;
    i integer = 1;
BEGIN
    dst_path_array_length = array_length(dst_path, 1);
    WHILE i <=(dst_path_array_length - 1)
    LOOP
        dst_path_segment = dst_path_segment || ARRAY[dst_path[i]];
        IF retval #> dst_path_segment IS NULL OR retval #> dst_path_segment = 'null'::jsonb THEN
            retval = jsonb_set(retval, dst_path_segment, '{}'::jsonb, TRUE);
        END IF;
        i = i + 1;
    END LOOP;

    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_increment(jsonb, text[], numeric)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
retval ALIAS FOR $1;
    location ALIAS FOR $2;
    increment_value ALIAS FOR $3;
    tmp_value jsonb;
BEGIN
    tmp_value = retval #> location;
    IF tmp_value IS NULL THEN
        tmp_value = to_jsonb(0);
END IF;

RETURN jsonb_set(retval, location, to_jsonb(tmp_value::numeric + increment_value), TRUE);
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_insert(jsonb, text[], jsonb, integer, boolean, jsonb default null::jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    val ALIAS FOR $3;
    elm_index ALIAS FOR $4;
    if_not_exists ALIAS FOR $5;
    patch_expression ALIAS FOR $6;
    tmp_value jsonb;
BEGIN
    tmp_value = retval #> location;
    IF tmp_value IS NOT NULL AND jsonb_typeof(tmp_value) = 'array' THEN
        IF elm_index IS NULL THEN
            elm_index = jsonb_array_length(tmp_value) + 1;
        END IF;
        CASE
            WHEN NOT if_not_exists THEN
                retval = jsonb_insert(retval, location || elm_index::text, val);
            WHEN patch_expression IS NULL AND jsonb_typeof(val) = 'object' AND NOT tmp_value @> jsonb_build_array(val) THEN
                retval = jsonb_insert(retval, location || elm_index::text, val);
            WHEN patch_expression IS NULL AND jsonb_typeof(val) <> 'object' AND NOT tmp_value @> val THEN
                retval = jsonb_insert(retval, location || elm_index::text, val);
            WHEN patch_expression IS NOT NULL AND jsonb_typeof(patch_expression) = 'array' AND jsonb_array_length(patch_expression) = 0 THEN
                retval = jsonb_insert(retval, location || elm_index::text, val);
            ELSE NULL;
        END CASE;
    END IF;
    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_move(jsonb, text[], text)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    src_path ALIAS FOR $2;
    dst_name ALIAS FOR $3;
    dst_path text[];
    tmp_value jsonb;
BEGIN
    tmp_value = retval #> src_path;
    retval = retval #- src_path;
    dst_path = src_path;
    dst_path[array_length(dst_path, 1)] = dst_name;
    retval = population.mt_jsonb_fix_null_parent(retval, dst_path);
    RETURN jsonb_set(retval, dst_path, tmp_value, TRUE);
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_path_to_array(text, character)
    RETURNS text[]
    LANGUAGE plpgsql
AS $function$
DECLARE
    location ALIAS FOR $1;
    regex_pattern ALIAS FOR $2;
BEGIN
RETURN regexp_split_to_array(location, regex_pattern)::text[];
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_remove(jsonb, text[], jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    val ALIAS FOR $3;
    tmp_value jsonb;
    tmp_remove jsonb;
    patch_remove jsonb;
BEGIN
    tmp_value = retval #> location;
    IF tmp_value IS NOT NULL AND jsonb_typeof(tmp_value) = 'array' THEN
        IF jsonb_typeof(val) = 'array' THEN
            tmp_remove = val;
        ELSE
            tmp_remove = jsonb_build_array(val);
        END IF;

        FOR patch_remove IN SELECT * FROM jsonb_array_elements(tmp_remove)
        LOOP
            tmp_value =(SELECT jsonb_agg(elem)
            FROM jsonb_array_elements(tmp_value) AS elem
            WHERE elem <> patch_remove);
        END LOOP;

        IF tmp_value IS NULL THEN
            tmp_value = '[]'::jsonb;
        END IF;
    END IF;
    RETURN jsonb_set(retval, location, tmp_value, FALSE);
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_remove_key(jsonb, text[], text)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    location ALIAS FOR $2;
    _key ALIAS FOR $3;
    tmp_value jsonb;
    tmp_remove jsonb;
    patch_remove jsonb;
BEGIN
    tmp_value = retval #> location;
    IF tmp_value IS NOT NULL AND jsonb_typeof(tmp_value) = 'object' THEN
        RETURN jsonb_set(retval, location, tmp_value - _key, FALSE);
    END IF;
    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION population.mt_jsonb_patch(jsonb, jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql
AS $function$
DECLARE
    retval ALIAS FOR $1;
    patchset ALIAS FOR $2;
    patch jsonb;
    patch_path text[];
    patch_expression jsonb;
    value jsonb;
BEGIN
    FOR patch IN SELECT * from jsonb_array_elements(patchset)
    LOOP
        patch_path = population.mt_jsonb_path_to_array((patch->>'path')::text, '\.');

        patch_expression = null;
        IF (patch->>'type') IN ('remove', 'append_if_not_exists', 'insert_if_not_exists') AND (patch->>'expression') IS NOT NULL THEN
            patch_expression = jsonb_path_query_array(retval #> patch_path, (patch->>'expression')::jsonpath);
        END IF;

        CASE patch->>'type'
            WHEN 'set' THEN
                retval = jsonb_set(retval, patch_path, (patch->'value')::jsonb, TRUE);
            WHEN 'delete' THEN
                retval = retval#-patch_path;
            WHEN 'append' THEN
                retval = population.mt_jsonb_append(retval, patch_path, (patch->'value')::jsonb, FALSE);
            WHEN 'append_if_not_exists' THEN
                retval = population.mt_jsonb_append(retval, patch_path, (patch->'value')::jsonb, TRUE, patch_expression);
            WHEN 'append_key_value' THEN
                retval = population.mt_jsonb_append_key_value(retval, patch_path, (patch->'key_value')::jsonb, FALSE);
            WHEN 'append_key_value_if_not_exists' THEN
                retval = population.mt_jsonb_append_key_value(retval, patch_path, (patch->'key_value')::jsonb, TRUE);
            WHEN 'insert' THEN
                retval = population.mt_jsonb_insert(retval, patch_path, (patch->'value')::jsonb, (patch->>'index')::integer, FALSE);
            WHEN 'insert_if_not_exists' THEN
                retval = population.mt_jsonb_insert(retval, patch_path, (patch->'value')::jsonb, (patch->>'index')::integer, TRUE, patch_expression);
            WHEN 'remove' THEN
                retval = population.mt_jsonb_remove(retval, patch_path, COALESCE(patch_expression, (patch->'value')::jsonb));
            WHEN 'remove_key' THEN
                retval = population.mt_jsonb_remove_key(retval, patch_path, (patch->>'key'));
            WHEN 'duplicate' THEN
                retval = population.mt_jsonb_duplicate(retval, patch_path, (patch->'targets')::jsonb);
            WHEN 'rename' THEN
                retval = population.mt_jsonb_move(retval, patch_path, (patch->>'to')::text);
            WHEN 'increment' THEN
                retval = population.mt_jsonb_increment(retval, patch_path, (patch->>'increment')::numeric);
            WHEN 'increment_float' THEN
                retval = population.mt_jsonb_increment(retval, patch_path, (patch->>'increment')::numeric);
            ELSE NULL;
        END CASE;
    END LOOP;
    RETURN retval;
END;
$function$;


CREATE
OR REPLACE FUNCTION population.mt_safe_unaccent(use_unaccent BOOLEAN, word TEXT)
        RETURNS TEXT
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
BEGIN
IF use_unaccent THEN
    RETURN public.unaccent(word);
ELSE
    RETURN word;
END IF;
END;
$function$;


CREATE TABLE IF NOT EXISTS population.outbox (
    seq            bigserial      NOT NULL,
    written_on     date           NOT NULL DEFAULT (now() AT TIME ZONE 'utc'::text)::date,
    event_id       uuid           NOT NULL,
    name           text           NOT NULL,
    key            text           NULL,
    payload        text           NOT NULL,
    size           int            NOT NULL,
    occurred_at    timestamptz    NOT NULL,
    trace          text           NULL,
CONSTRAINT outbox_pkey PRIMARY KEY (seq, written_on)
) PARTITION BY RANGE (written_on);

CREATE TABLE IF NOT EXISTS population.outbox_default PARTITION OF population.outbox DEFAULT;
CREATE TABLE IF NOT EXISTS population.outbox_pending (
    seq            bigint         NOT NULL,
    written_on     date           NOT NULL,
    name           text           NOT NULL,
    size           int            NOT NULL,
    occurred_at    timestamptz    NOT NULL
);
CREATE TABLE IF NOT EXISTS population.outbox_log (
    position       bigserial      NOT NULL,
    seq            bigint         NOT NULL,
    written_on     date           NOT NULL,
    name           text           NOT NULL,
    size           int            NOT NULL,
    occurred_at    timestamptz    NOT NULL,
CONSTRAINT outbox_log_pkey PRIMARY KEY (position)
);

CREATE INDEX outbox_log_name ON population.outbox_log USING btree (name, position);
CREATE TABLE IF NOT EXISTS population.subscription (
    handler         text           NOT NULL,
    producer        text           NOT NULL,
    position        bigint         NOT NULL DEFAULT 0,
    owner           uuid           NULL,
    fence           bigint         NOT NULL DEFAULT 0,
    leased_until    timestamptz    NULL,
CONSTRAINT subscription_pkey PRIMARY KEY (handler)
);
CREATE TABLE IF NOT EXISTS population.delivery_retry (
    id                 uuid           NOT NULL,
    position           bigint         NOT NULL,
    event_id           uuid           NOT NULL,
    handler            text           NOT NULL,
    producer           text           NOT NULL,
    name               text           NOT NULL,
    key                text           NULL,
    payload            text           NOT NULL,
    occurred_at        timestamptz    NOT NULL,
    trace              text           NULL,
    attempts           int            NOT NULL,
    next_attempt_at    timestamptz    NOT NULL,
    parked_at          timestamptz    NULL,
    error              text           NULL,
CONSTRAINT delivery_retry_pkey PRIMARY KEY (id)
);

CREATE INDEX delivery_retry_key ON population.delivery_retry USING btree (handler, key, position);
CREATE TABLE IF NOT EXISTS population.idempotency (
    client_id       text           NOT NULL,
    key             text           NOT NULL,
    request_hash    bytea          NOT NULL,
    status          int            NOT NULL,
    headers         text           NOT NULL,
    body            bytea          NOT NULL,
    created_at      timestamptz    NOT NULL DEFAULT now(),
CONSTRAINT idempotency_pkey PRIMARY KEY (client_id, key)
);

CREATE INDEX idempotency_created_at ON population.idempotency USING btree (created_at);
CREATE TABLE IF NOT EXISTS population.audit (
    id              uuid           NOT NULL,
    at              timestamptz    NOT NULL,
    client_id       text           NOT NULL,
    organisation    text           NOT NULL,
    kind            text           NOT NULL,
    purpose         text           NOT NULL,
    acting_user     text           NULL,
    operation       text           NOT NULL,
    persons         uuid[]         NOT NULL,
    result_count    int            NOT NULL,
    request_id      text           NOT NULL,
CONSTRAINT audit_pkey PRIMARY KEY (id)
);

CREATE INDEX audit_persons ON population.audit USING gin (persons);

CREATE INDEX audit_at ON population.audit USING btree (at);
CREATE TABLE IF NOT EXISTS population.practice_place (
    practice     text    NOT NULL,
    locality     text    NOT NULL,
    place        text    NULL,
    system       text    NULL,
    from_date    date    NOT NULL,
    to_date      date    NULL,
CONSTRAINT practice_place_pkey PRIMARY KEY (practice, from_date, locality)
);
CREATE TABLE IF NOT EXISTS population.person (
    id                 uuid                NOT NULL,
    nhs_number         bigint              NOT NULL,
    family_name        text                NOT NULL,
    given_name         text                NOT NULL,
    birth_date         date                NOT NULL,
    sex                text                NOT NULL,
    ethnic_category    text                NULL,
    lsoa               text                NULL,
    imd_score          double precision    NULL,
    imd_decile         smallint            NULL,
    practice           text                NOT NULL,
    registered_from    date                NOT NULL,
    death_date         date                NULL,
    version            bigint              NOT NULL DEFAULT 1,
    xid                xid8                NOT NULL DEFAULT pg_current_xact_id(),
CONSTRAINT person_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX person_nhs_number ON population.person USING btree (nhs_number);

CREATE INDEX person_practice ON population.person USING btree (practice);
CREATE TABLE IF NOT EXISTS population.registration (
    person_id    uuid    NOT NULL,
    practice     text    NOT NULL,
    from_date    date    NOT NULL,
    to_date      date    NOT NULL,
CONSTRAINT registration_pkey PRIMARY KEY (person_id, from_date)
);

CREATE INDEX registration_practice ON population.registration USING btree (practice);
CREATE TABLE IF NOT EXISTS population.episode_partner (
    episode_id      uuid    NOT NULL,
    organisation    text    NOT NULL,
    person_id       uuid    NOT NULL,
CONSTRAINT episode_partner_pkey PRIMARY KEY (episode_id, organisation)
);

CREATE INDEX episode_partner_person ON population.episode_partner USING btree (person_id, organisation);
CREATE TABLE IF NOT EXISTS population.emergency_access (
    id              uuid           NOT NULL,
    person_id       uuid           NOT NULL,
    organisation    text           NOT NULL,
    acting_user     text           NOT NULL,
    reason          text           NOT NULL,
    declared_at     timestamptz    NOT NULL,
    ends_at         timestamptz    NOT NULL,
CONSTRAINT emergency_access_pkey PRIMARY KEY (id)
);

CREATE INDEX emergency_access_person ON population.emergency_access USING btree (person_id, organisation);
CREATE TABLE IF NOT EXISTS population.register_dirty (
    practice    text    NOT NULL,
CONSTRAINT register_dirty_pkey PRIMARY KEY (practice)
);
CREATE TABLE IF NOT EXISTS population.register_count (
    practice    text      NOT NULL,
    month       date      NOT NULL,
    version     bigint    NOT NULL,
    digest      text      NOT NULL,
CONSTRAINT register_count_pkey PRIMARY KEY (practice, month)
);
CREATE SEQUENCE population.register_count_version;
CREATE TABLE IF NOT EXISTS population.load_reject (
    load_id    uuid      NOT NULL,
    line       bigint    NOT NULL,
    code       text      NOT NULL,
    errors     jsonb     NOT NULL,
    content    text      NOT NULL,
    owner      text      NULL,
CONSTRAINT load_reject_pkey PRIMARY KEY (load_id, line)
);

CREATE INDEX load_reject_owner ON population.load_reject USING btree (owner, load_id, line) WHERE (owner IS NOT NULL);
CREATE TABLE IF NOT EXISTS population.event_key (
    key            uuid         NOT NULL,
    seq            bigserial    NOT NULL,
    version_key    uuid         NULL,
CONSTRAINT event_key_pkey PRIMARY KEY (key)
);

CREATE UNIQUE INDEX event_key_version ON population.event_key USING btree (version_key) WHERE (version_key IS NOT NULL);
CREATE TABLE IF NOT EXISTS population.event (
    seq               bigint           NOT NULL,
    key               uuid             NOT NULL,
    received_at       timestamptz      NOT NULL,
    client_id         text             NOT NULL,
    sender            text             NULL,
    source            text             NOT NULL,
    kind              text             NOT NULL,
    record_id         text             NOT NULL,
    record_version    bigint           NOT NULL,
    cancelled         boolean          NOT NULL,
    nhs_number        bigint           NOT NULL,
    started           timestamptz      NULL,
    ended             timestamptz      NULL,
    provider          text             NULL,
    price             numeric(14,2)    NULL,
    cost              numeric(14,2)    NULL,
    data              json             NULL,
    payload           text             NOT NULL
) PARTITION BY RANGE (received_at);

CREATE TABLE IF NOT EXISTS population.event_default PARTITION OF population.event DEFAULT;

CREATE INDEX event_seq ON population.event USING btree (seq);
CREATE TABLE IF NOT EXISTS population.record (
    source            text             NOT NULL,
    record_id         text             NOT NULL,
    record_version    bigint           NOT NULL,
    fact_version      bigint           NOT NULL,
    event_seq         bigint           NOT NULL,
    sender            text             NULL,
    received_at       timestamptz      NOT NULL,
    kind              text             NOT NULL,
    cancelled         boolean          NOT NULL,
    nhs_number        bigint           NOT NULL,
    person_id         uuid             NULL,
    started           timestamptz      NULL,
    ended             timestamptz      NULL,
    day               date             NULL,
    provider          text             NULL,
    price             numeric(14,2)    NULL,
    cost              numeric(14,2)    NULL,
    data              jsonb            NULL,
    practice          text             NULL,
    locality          text             NULL,
    place             text             NULL,
    system            text             NULL,
    age               int              NULL,
    sex               text             NULL,
    imd_decile        smallint         NULL,
CONSTRAINT record_pkey PRIMARY KEY (source, record_id)
);

CREATE INDEX record_person ON population.record USING btree (person_id, started desc) WHERE (person_id IS NOT NULL);

CREATE INDEX record_waiting ON population.record USING btree (nhs_number) WHERE (person_id IS NULL);

CREATE INDEX record_death ON population.record USING btree (source, record_id) WHERE (kind = 'death-recorded' AND person_id IS NOT NULL AND NOT cancelled);
CREATE TABLE IF NOT EXISTS population.risk_model_feature (
    model      text       NOT NULL,
    version    int        NOT NULL,
    code       text       NOT NULL,
    points     numeric    NOT NULL,
CONSTRAINT risk_model_feature_pkey PRIMARY KEY (model, version, code)
);
CREATE TABLE IF NOT EXISTS population.risk_score (
    run_id                  uuid                NOT NULL,
    person_id               uuid                NOT NULL,
    practice                text                NOT NULL,
    age                     int                 NOT NULL,
    sex                     text                NOT NULL,
    emergency_admissions    int                 NOT NULL,
    score                   double precision    NULL,
    not_scorable            text                NULL,
    features                text[]              NOT NULL,
    rank                    int                 NULL,
    tier                    text                NULL,
    system_rank             int                 NULL,
    system_tier             text                NULL,
CONSTRAINT risk_score_pkey PRIMARY KEY (run_id, person_id)
) PARTITION BY LIST (run_id);

CREATE TABLE IF NOT EXISTS population.risk_change (
    run_id            uuid                NOT NULL,
    person_id         uuid                NOT NULL,
    practice          text                NOT NULL,
    age               int                 NOT NULL,
    sex               text                NOT NULL,
    direction         text                NOT NULL,
    tier              text                NULL,
    previous_tier     text                NULL,
    score             double precision    NULL,
    previous_score    double precision    NULL,
    features          text[]              NOT NULL,
    gained            text[]              NOT NULL,
    lost              text[]              NOT NULL,
CONSTRAINT risk_change_pkey PRIMARY KEY (run_id, person_id)
);

CREATE INDEX risk_change_practice ON population.risk_change USING btree (run_id, practice, person_id);
CREATE TABLE IF NOT EXISTS population.high_risk_entry (
    id                uuid                NOT NULL,
    version           bigint              NOT NULL,
    seq               bigserial           NOT NULL,
    person_id         uuid                NOT NULL,
    practice          text                NOT NULL,
    status            text                NOT NULL,
    tier              text                NOT NULL,
    score             double precision    NOT NULL,
    features          text[]              NOT NULL,
    run_id            uuid                NOT NULL,
    proposed_at       timestamptz         NOT NULL,
    decided_at        timestamptz         NULL,
    decided_by        text                NULL,
    confirmed_on      date                NULL,
    ended_on          date                NULL,
    reason            text                NULL,
    declined_until    date                NULL,
CONSTRAINT high_risk_entry_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX high_risk_entry_open ON population.high_risk_entry USING btree (person_id) WHERE (status = any (array['proposed'::text, 'confirmed'::text]));

CREATE INDEX high_risk_entry_person ON population.high_risk_entry USING btree (person_id);

CREATE INDEX high_risk_entry_practice ON population.high_risk_entry USING btree (practice, status, seq);
CREATE SEQUENCE population.high_risk_decision_version;
CREATE TABLE IF NOT EXISTS population.mt_doc_load (
    id            uuid      NOT NULL,
    data          jsonb     NOT NULL,
    mt_version    bigint    NOT NULL DEFAULT 0,
CONSTRAINT pkey_mt_doc_load_id PRIMARY KEY (id)
);
CREATE TABLE IF NOT EXISTS population.mt_doc_organisation (
    id            uuid       NOT NULL,
    data          jsonb      NOT NULL,
    mt_version    bigint     NOT NULL DEFAULT 0,
    code          varchar    NOT NULL,
    kind          varchar    NOT NULL,
CONSTRAINT pkey_mt_doc_organisation_id PRIMARY KEY (id)
);

CREATE UNIQUE INDEX mt_doc_organisation_idx_code ON population.mt_doc_organisation USING btree (code);

CREATE INDEX mt_doc_organisation_idx_kind ON population.mt_doc_organisation USING btree (kind);
CREATE TABLE IF NOT EXISTS population.mt_doc_place (
    id            uuid       NOT NULL,
    data          jsonb      NOT NULL,
    mt_version    bigint     NOT NULL DEFAULT 0,
    code          varchar    NOT NULL,
    level         varchar    NOT NULL,
CONSTRAINT pkey_mt_doc_place_id PRIMARY KEY (id)
);

CREATE UNIQUE INDEX mt_doc_place_idx_code ON population.mt_doc_place USING btree (code);

CREATE INDEX mt_doc_place_idx_level ON population.mt_doc_place USING btree (level);
CREATE TABLE IF NOT EXISTS population.mt_doc_risk_model (
    id            uuid       NOT NULL,
    data          jsonb      NOT NULL,
    mt_version    bigint     NOT NULL DEFAULT 0,
    model         varchar    NULL,
    number        integer    NULL,
CONSTRAINT pkey_mt_doc_risk_model_id PRIMARY KEY (id)
);

CREATE INDEX mt_doc_risk_model_idx_model ON population.mt_doc_risk_model USING btree (model);

CREATE INDEX mt_doc_risk_model_idx_number ON population.mt_doc_risk_model USING btree (number);

CREATE UNIQUE INDEX risk_model_version_once ON population.mt_doc_risk_model USING btree (model, number);
CREATE TABLE IF NOT EXISTS population.mt_doc_stratification (
    id               uuid       NOT NULL,
    data             jsonb      NOT NULL,
    mt_version       bigint     NOT NULL DEFAULT 0,
    state            varchar    NOT NULL,
    model            varchar    NOT NULL,
    model_version    integer    NOT NULL,
    index_date       date       NOT NULL,
    latest           boolean    NOT NULL,
    scores_kept      boolean    NOT NULL,
CONSTRAINT pkey_mt_doc_stratification_id PRIMARY KEY (id)
);

CREATE INDEX mt_doc_stratification_idx_state ON population.mt_doc_stratification USING btree (state);

CREATE INDEX mt_doc_stratification_idx_model ON population.mt_doc_stratification USING btree (model);

CREATE INDEX mt_doc_stratification_idx_model_version ON population.mt_doc_stratification USING btree (model_version);

CREATE INDEX mt_doc_stratification_idx_index_date ON population.mt_doc_stratification USING btree (index_date);

CREATE INDEX mt_doc_stratification_idx_latest ON population.mt_doc_stratification USING btree (latest);

CREATE INDEX mt_doc_stratification_idx_scores_kept ON population.mt_doc_stratification USING btree (scores_kept);

CREATE SCHEMA IF NOT EXISTS host;
CREATE TABLE IF NOT EXISTS host.migration_step (
  module text NOT NULL, step text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (module, step));
-- A storage parameter, which the table's declaration cannot say: a record is amended often, and finds room on its own page.
ALTER TABLE population.record SET (fillfactor = 90);

INSERT INTO host.migration_step (module, step) VALUES ('population', '0001_after_room_for_updates');
-- Nothing is planned by the values of these columns, and sampling them costs autovacuum more than all others together.
ALTER TABLE population.event ALTER COLUMN payload SET STATISTICS 0, ALTER COLUMN data SET STATISTICS 0;
ALTER TABLE population.record ALTER COLUMN data SET STATISTICS 0;

INSERT INTO host.migration_step (module, step) VALUES ('population', '0002_after_unplanned_columns');
-- The versions of records that came before versions were compared: of those that came twice, the first stands for both.
UPDATE population.event_key k SET version_key = v.version_key
FROM (
  SELECT min(seq) AS seq,
    encode(substr(sha256(convert_to(source || E'\n' || record_id || E'\n' || record_version, 'UTF8')), 1, 16), 'hex')::uuid AS version_key
  FROM population.event GROUP BY source, record_id, record_version) AS v
WHERE k.seq = v.seq AND k.version_key IS NULL;
DROP TABLE IF EXISTS population.record_version_key;

INSERT INTO host.migration_step (module, step) VALUES ('population', '0003_after_record_versions');
-- A registration lasts until the next one begins; corrections of before had left some that overlap, and gaps.
UPDATE population.registration h SET to_date = n.to_date
FROM (
  SELECT f.person_id, f.from_date, least(lead(f.from_date) OVER (PARTITION BY f.person_id ORDER BY f.from_date), p.registered_from) AS to_date
  FROM population.registration f JOIN population.person p ON p.id = f.person_id) AS n
WHERE h.person_id = n.person_id AND h.from_date = n.from_date AND h.to_date <> n.to_date;
INSERT INTO population.register_dirty SELECT DISTINCT practice FROM population.registration ON CONFLICT DO NOTHING;

INSERT INTO host.migration_step (module, step) VALUES ('population', '0004_after_contiguous_registrations');
INSERT INTO host.migration_step (module, step) VALUES ('population', '0005_before_event_data_as_it_came');
