DO $$
BEGIN      IF NOT EXISTS (SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = 'commissioning') THEN
        BEGIN
          EXECUTE 'CREATE SCHEMA IF NOT EXISTS commissioning';
        EXCEPTION
          WHEN duplicate_schema THEN NULL;
          WHEN unique_violation THEN NULL;
        END;
      END IF;

END
$$;


CREATE
OR REPLACE FUNCTION commissioning.mt_immutable_timestamp(value text) RETURNS timestamp without time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::timestamp

$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_immutable_timestamptz(value text) RETURNS timestamp with time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::timestamptz

$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_immutable_time(value text) RETURNS time without time zone LANGUAGE sql IMMUTABLE AS
$function$
select value::time

$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_immutable_date(value text) RETURNS date LANGUAGE sql IMMUTABLE AS
$function$
select value::date

$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_grams_vector(text, use_unaccent boolean DEFAULT false)
        RETURNS tsvector
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
BEGIN
RETURN (SELECT array_to_string(commissioning.mt_grams_array($1, use_unaccent), ' ') ::tsvector);
END
$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_grams_query(text, use_unaccent boolean DEFAULT false)
        RETURNS tsquery
        LANGUAGE plpgsql
        IMMUTABLE STRICT
AS $function$
BEGIN
RETURN (SELECT array_to_string(commissioning.mt_grams_array($1, use_unaccent), ' & ') ::tsquery);
END
$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_grams_array(words text, use_unaccent boolean DEFAULT false)
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
                     clean_word = regexp_replace(commissioning.mt_safe_unaccent(use_unaccent, word), '[^a-zA-Z0-9]+', '','g');
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_append(jsonb, text[], jsonb, boolean, jsonb default null::jsonb)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_append_key_value(jsonb, text[], jsonb, boolean)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_copy(jsonb, text[], text[])
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
    retval = commissioning.mt_jsonb_fix_null_parent(retval, dst_path);
    RETURN jsonb_set(retval, dst_path, tmp_value::jsonb, TRUE);
END;
$function$;


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_duplicate(jsonb, text[], jsonb)
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
        target_path = commissioning.mt_jsonb_path_to_array(target, '\.');
        retval = commissioning.mt_jsonb_copy(retval, location, target_path);
    END LOOP;

    RETURN retval;
END;
$function$;


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_fix_null_parent(jsonb, text[])
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_increment(jsonb, text[], numeric)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_insert(jsonb, text[], jsonb, integer, boolean, jsonb default null::jsonb)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_move(jsonb, text[], text)
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
    retval = commissioning.mt_jsonb_fix_null_parent(retval, dst_path);
    RETURN jsonb_set(retval, dst_path, tmp_value, TRUE);
END;
$function$;


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_path_to_array(text, character)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_remove(jsonb, text[], jsonb)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_remove_key(jsonb, text[], text)
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


CREATE OR REPLACE FUNCTION commissioning.mt_jsonb_patch(jsonb, jsonb)
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
        patch_path = commissioning.mt_jsonb_path_to_array((patch->>'path')::text, '\.');

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
                retval = commissioning.mt_jsonb_append(retval, patch_path, (patch->'value')::jsonb, FALSE);
            WHEN 'append_if_not_exists' THEN
                retval = commissioning.mt_jsonb_append(retval, patch_path, (patch->'value')::jsonb, TRUE, patch_expression);
            WHEN 'append_key_value' THEN
                retval = commissioning.mt_jsonb_append_key_value(retval, patch_path, (patch->'key_value')::jsonb, FALSE);
            WHEN 'append_key_value_if_not_exists' THEN
                retval = commissioning.mt_jsonb_append_key_value(retval, patch_path, (patch->'key_value')::jsonb, TRUE);
            WHEN 'insert' THEN
                retval = commissioning.mt_jsonb_insert(retval, patch_path, (patch->'value')::jsonb, (patch->>'index')::integer, FALSE);
            WHEN 'insert_if_not_exists' THEN
                retval = commissioning.mt_jsonb_insert(retval, patch_path, (patch->'value')::jsonb, (patch->>'index')::integer, TRUE, patch_expression);
            WHEN 'remove' THEN
                retval = commissioning.mt_jsonb_remove(retval, patch_path, COALESCE(patch_expression, (patch->'value')::jsonb));
            WHEN 'remove_key' THEN
                retval = commissioning.mt_jsonb_remove_key(retval, patch_path, (patch->>'key'));
            WHEN 'duplicate' THEN
                retval = commissioning.mt_jsonb_duplicate(retval, patch_path, (patch->'targets')::jsonb);
            WHEN 'rename' THEN
                retval = commissioning.mt_jsonb_move(retval, patch_path, (patch->>'to')::text);
            WHEN 'increment' THEN
                retval = commissioning.mt_jsonb_increment(retval, patch_path, (patch->>'increment')::numeric);
            WHEN 'increment_float' THEN
                retval = commissioning.mt_jsonb_increment(retval, patch_path, (patch->>'increment')::numeric);
            ELSE NULL;
        END CASE;
    END LOOP;
    RETURN retval;
END;
$function$;


CREATE
OR REPLACE FUNCTION commissioning.mt_safe_unaccent(use_unaccent BOOLEAN, word TEXT)
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


CREATE TABLE IF NOT EXISTS commissioning.outbox (
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

CREATE TABLE IF NOT EXISTS commissioning.outbox_default PARTITION OF commissioning.outbox DEFAULT;
CREATE TABLE IF NOT EXISTS commissioning.outbox_pending (
    seq            bigint         NOT NULL,
    written_on     date           NOT NULL,
    name           text           NOT NULL,
    size           int            NOT NULL,
    occurred_at    timestamptz    NOT NULL
);
CREATE TABLE IF NOT EXISTS commissioning.outbox_log (
    position       bigserial      NOT NULL,
    seq            bigint         NOT NULL,
    written_on     date           NOT NULL,
    name           text           NOT NULL,
    size           int            NOT NULL,
    occurred_at    timestamptz    NOT NULL,
CONSTRAINT outbox_log_pkey PRIMARY KEY (position)
);

CREATE INDEX outbox_log_name ON commissioning.outbox_log USING btree (name, position);
CREATE TABLE IF NOT EXISTS commissioning.subscription (
    handler         text           NOT NULL,
    producer        text           NOT NULL,
    position        bigint         NOT NULL DEFAULT 0,
    owner           uuid           NULL,
    fence           bigint         NOT NULL DEFAULT 0,
    leased_until    timestamptz    NULL,
CONSTRAINT subscription_pkey PRIMARY KEY (handler)
);
CREATE TABLE IF NOT EXISTS commissioning.delivery_retry (
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

CREATE INDEX delivery_retry_key ON commissioning.delivery_retry USING btree (handler, key, position);
CREATE TABLE IF NOT EXISTS commissioning.idempotency (
    client_id       text           NOT NULL,
    key             text           NOT NULL,
    request_hash    bytea          NOT NULL,
    status          int            NOT NULL,
    headers         text           NOT NULL,
    body            bytea          NOT NULL,
    created_at      timestamptz    NOT NULL DEFAULT now(),
CONSTRAINT idempotency_pkey PRIMARY KEY (client_id, key)
);

CREATE INDEX idempotency_created_at ON commissioning.idempotency USING btree (created_at);
CREATE TABLE IF NOT EXISTS commissioning.audit (
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

CREATE INDEX audit_persons ON commissioning.audit USING gin (persons);

CREATE INDEX audit_at ON commissioning.audit USING btree (at);
CREATE TABLE IF NOT EXISTS commissioning.journal (
    id             uuid           NOT NULL,
    seq            bigserial      NOT NULL,
    fund_id        uuid           NOT NULL,
    system         text           NOT NULL,
    kind           text           NOT NULL,
    reference      text           NOT NULL,
    year           text           NOT NULL,
    description    text           NOT NULL,
    posted_at      timestamptz    NOT NULL,
    xid            xid8           NOT NULL DEFAULT pg_current_xact_id(),
CONSTRAINT journal_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX journal_once ON commissioning.journal USING btree (fund_id, kind, reference);

CREATE INDEX journal_of_fund ON commissioning.journal USING btree (fund_id, seq);

CREATE INDEX journal_of_system ON commissioning.journal USING btree (system, year, kind);
CREATE TABLE IF NOT EXISTS commissioning.entry (
    journal_id      uuid             NOT NULL,
    line            integer          NOT NULL,
    account         text             NOT NULL,
    organisation    text             NULL,
    amount          numeric(18,2)    NOT NULL,
CONSTRAINT entry_pkey PRIMARY KEY (journal_id, line)
);

DO $do$
BEGIN
ALTER TABLE commissioning.entry
ADD CONSTRAINT fkey_entry_journal_id FOREIGN KEY(journal_id)
REFERENCES commissioning.journal(id);
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$do$;
CREATE TABLE IF NOT EXISTS commissioning.organisation (
    code            text      NOT NULL,
    display_name    text      NOT NULL,
    kind            text      NOT NULL,
    closed          date      NULL,
    version         bigint    NOT NULL,
CONSTRAINT organisation_pkey PRIMARY KEY (code)
);
CREATE TABLE IF NOT EXISTS commissioning.mt_doc_fund (
    id            uuid         NOT NULL,
    data          jsonb        NOT NULL,
    mt_version    bigint       NOT NULL DEFAULT 0,
    system        varchar      NOT NULL,
    code          varchar      NULL,
    host          varchar      NULL,
    partners      varchar[]    NOT NULL,
CONSTRAINT pkey_mt_doc_fund_id PRIMARY KEY (id)
);

CREATE INDEX mt_doc_fund_idx_code ON commissioning.mt_doc_fund USING btree (code);

CREATE UNIQUE INDEX fund_once ON commissioning.mt_doc_fund USING btree (host, code);

CREATE INDEX mt_doc_fund_idx_partners ON commissioning.mt_doc_fund USING gin (partners);
CREATE TABLE IF NOT EXISTS commissioning.mt_doc_fund_claim (
    id               uuid       NOT NULL,
    data             jsonb      NOT NULL,
    mt_version       bigint     NOT NULL DEFAULT 0,
    risk_share_id    uuid       NULL,
    organisation     varchar    NULL,
CONSTRAINT pkey_mt_doc_fund_claim_id PRIMARY KEY (id)
);

CREATE UNIQUE INDEX fund_claim_once ON commissioning.mt_doc_fund_claim USING btree (risk_share_id, organisation);
CREATE TABLE IF NOT EXISTS commissioning.mt_doc_organisation_plan (
    id              uuid       NOT NULL,
    data            jsonb      NOT NULL,
    mt_version      bigint     NOT NULL DEFAULT 0,
    system          varchar    NULL,
    year            varchar    NULL,
    organisation    varchar    NULL,
CONSTRAINT pkey_mt_doc_organisation_plan_id PRIMARY KEY (id)
);

CREATE UNIQUE INDEX organisation_plan_once ON commissioning.mt_doc_organisation_plan USING btree (system, year, organisation);
CREATE TABLE IF NOT EXISTS commissioning.mt_doc_planning_role (
    id              uuid       NOT NULL,
    data            jsonb      NOT NULL,
    mt_version      bigint     NOT NULL DEFAULT 0,
    system          varchar    NULL,
    organisation    varchar    NULL,
CONSTRAINT pkey_mt_doc_planning_role_id PRIMARY KEY (id)
);

CREATE UNIQUE INDEX planning_role_once ON commissioning.mt_doc_planning_role USING btree (system, organisation);
CREATE TABLE IF NOT EXISTS commissioning.mt_doc_unposted_settlement (
    id            uuid      NOT NULL,
    data          jsonb     NOT NULL,
    mt_version    bigint    NOT NULL DEFAULT 0,
    fund_id       uuid      NULL,
CONSTRAINT pkey_mt_doc_unposted_settlement_id PRIMARY KEY (id)
);

CREATE INDEX mt_doc_unposted_settlement_idx_fund_id ON commissioning.mt_doc_unposted_settlement USING btree (fund_id);

CREATE SCHEMA IF NOT EXISTS host;
CREATE TABLE IF NOT EXISTS host.migration_step (
  module text NOT NULL, step text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (module, step));
-- The ledger is append-only and balanced at every commit; entries join a journal only in the transaction that posts it.
CREATE FUNCTION commissioning.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The ledger is append-only: correct it with another journal.' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON commissioning.journal FOR EACH ROW EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER entry_append_only BEFORE UPDATE OR DELETE ON commissioning.entry FOR EACH ROW EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER journal_kept BEFORE TRUNCATE ON commissioning.journal FOR EACH STATEMENT EXECUTE FUNCTION commissioning.refuse_change();
CREATE TRIGGER entry_kept BEFORE TRUNCATE ON commissioning.entry FOR EACH STATEMENT EXECUTE FUNCTION commissioning.refuse_change();

CREATE FUNCTION commissioning.require_open_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM commissioning.journal WHERE id = NEW.journal_id AND xid = pg_current_xact_id()) THEN
    RAISE EXCEPTION 'Entries join a journal in the transaction that posts it.' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER entry_of_open_journal BEFORE INSERT ON commissioning.entry FOR EACH ROW EXECUTE FUNCTION commissioning.require_open_journal();

CREATE FUNCTION commissioning.require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT sum(amount) FROM commissioning.entry WHERE journal_id = NEW.journal_id) <> 0 THEN
    RAISE EXCEPTION 'The entries of a journal sum to zero.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER entry_balance AFTER INSERT ON commissioning.entry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION commissioning.require_balance();

INSERT INTO host.migration_step (module, step) VALUES ('commissioning', '0001_after_append_only_ledger');
