-- What was heard of each boot on the local day of "source", the kept events of that day: one row per boot.
-- Session numbers stand as runs ("1-37 40"): a day of a million legs is a handful of them.
with numbers as (
    select distinct
        boot_id,
        event_name in ('CHANNEL_HANGUP_COMPLETE', 'CHANNEL_REFUSED') as is_end,
        session_number
    from source
    where session_number is not null
),

-- Consecutive numbers less their rank are one constant: a run.
ranked as (
    select
        boot_id,
        is_end,
        session_number,
        session_number - row_number() over (partition by boot_id, is_end order by session_number) as run
    from numbers
),

runs as (
    select
        boot_id,
        is_end,
        min(session_number) as first_number,
        min(session_number) || '-' || max(session_number) as bounds
    from ranked
    group by boot_id, is_end, run
),

texts as (
    select
        boot_id,
        coalesce(string_agg(bounds, ' ' order by first_number) filter (where not is_end), '') as begun_runs,
        coalesce(string_agg(bounds, ' ' order by first_number) filter (where is_end), '') as ended_runs
    from runs
    group by boot_id
),

hangups as (
    select
        boot_id,
        leg_id,
        bool_or(source = 'esl') as is_heard,
        bool_or(source = 'json_cdr') as is_filed,
        bool_or(coalesce(process_cdr = 'false', false)) as is_file_suppressed
    from source
    where event_name = 'CHANNEL_HANGUP_COMPLETE'
    group by boot_id, leg_id
),

counts as (
    select
        boot_id,
        count(*) as hangups,
        count(*) filter (where is_heard and is_filed) as confirmed_hangups,
        count(*) filter (where not is_filed) as heard_only,
        count(*) filter (where not is_heard) as filed_only,
        count(*) filter (where not is_filed and is_file_suppressed) as files_suppressed
    from hangups
    group by boot_id
),

-- A gateway that is down takes a number and leaves nothing else; the caller's leg says how many did (carriers_tried).
-- Such a number lies behind the caller's own, and before that of the first leg that began after the caller hung up.
callers as (
    select
        boot_id,
        session_number,
        max(end_micros) as end_micros,
        max((length(carriers_tried) - length(replace(carriers_tried, '=GATEWAY_DOWN', ''))) // length('=GATEWAY_DOWN'))
            as gateways
    from source
    where
        event_name = 'CHANNEL_HANGUP_COMPLETE'
        and carriers_tried like '%=GATEWAY_DOWN%'
        and session_number is not null
    group by boot_id, session_number
),

beginnings as (
    select
        boot_id,
        coalesce(start_micros, epoch_us(event_at)) as began_micros,
        min(session_number) as session_number
    from source
    where
        session_number is not null
        and (event_name = 'CHANNEL_CREATE' or start_micros is not null)
    group by boot_id, coalesce(start_micros, epoch_us(event_at))
),

spans as (
    select
        callers.boot_id,
        string_agg(
            callers.session_number || '-' || coalesce(cast(beginnings.session_number - 1 as varchar), '')
            || ':' || callers.gateways,
            ' ' order by callers.session_number
        ) as down_gateways
    from callers
    asof left join beginnings
        on callers.boot_id = beginnings.boot_id and callers.end_micros < beginnings.began_micros
    group by callers.boot_id
),

refused as (
    select
        boot_id,
        count(distinct leg_id) as refused_legs
    from source
    where event_name = 'CHANNEL_REFUSED'
    group by boot_id
),

boots as (
    select
        boot_id,
        -- Whose journal says it: fs1-20261122T182924Z-000001, and fs1.cdr-... of its files. The name the switch says
        -- may be another's too.
        max_by(
            coalesce(
                nullif(regexp_extract(segment, '^(.+?)([.]cdr)?-[0-9]{8}T[0-9]{6}Z-[0-9]{6,}$', 1), ''),
                switch_name,
                ''
            ),
            row(event_at, segment)
        ) as switch_name,
        min(event_at) as first_heard_at,
        max(event_at) filter (where event_name <> 'CHANNELS') as last_heard_at,
        -- The first thing heard says where our claim begins: the leg that began, or the one after those counted.
        min_by(
            case when event_name = 'HEARTBEAT' then legs_counted + 1 else session_number end,
            row(event_at, session_number)
        ) filter (where event_name in ('CHANNEL_CREATE', 'HEARTBEAT')) as first_claimed_number,
        max(legs_counted) as counted_legs,
        max(event_at) filter (where legs_counted is not null) as counted_at,
        max(legs_counted) filter (where legs_in_progress = 0) as idle_counted_legs,
        max(event_at) filter (where event_name = 'SHUTDOWN') as shut_down_at,
        -- Legs that began until then are claimed, whatever was heard of them.
        greatest(
            max(event_at) filter (
                where legs_counted is not null or event_name = 'SHUTDOWN'
                or (event_name = 'CHANNEL_CREATE' and session_number is not null)
            ),
            make_timestamp(max(start_micros) filter (where session_number is not null))
        ) as known_until_at,
        min(event_at - to_milliseconds(uptime_millis)) as started_at,
        max(received_at) filter (where event_name <> 'CHANNELS' and source = 'esl') as last_received_at
    from source
    group by boot_id
    -- A listing of channels is what we asked: on a day of nothing else, the boot was not heard.
    having bool_or(event_name <> 'CHANNELS')
),

-- A hang-up may still have been on its way when the channels were listed: a minute later it is not. Measured by the
-- listener's clock alone: the switch's may be another.
listings as (
    select
        source.boot_id,
        max_by(source.event_at, journal_position(segment, record_number)) as listed_at,
        max(journal_position(segment, record_number)) as listed_position,
        max_by(coalesce(source.legs_up, ''), journal_position(segment, record_number)) as listed_legs
    from source
    inner join boots using (boot_id)
    where source.event_name = 'CHANNELS' and source.received_at <= boots.last_received_at - interval 60 second
    group by source.boot_id
)

select
    strftime(getvariable('day'), '%Y-%m') as month,
    getvariable('day') as record_date,
    boots.* exclude (last_received_at),
    listings.listed_at,
    listings.listed_position,
    listings.listed_legs,
    coalesce(texts.begun_runs, '') as begun_runs,
    coalesce(texts.ended_runs, '') as ended_runs,
    coalesce(spans.down_gateways, '') as down_gateways,
    coalesce(counts.hangups, 0) as hangups,
    coalesce(counts.confirmed_hangups, 0) as confirmed_hangups,
    coalesce(counts.heard_only, 0) as heard_only,
    coalesce(counts.filed_only, 0) as filed_only,
    coalesce(counts.files_suppressed, 0) as files_suppressed,
    coalesce(refused.refused_legs, 0) as refused_legs,
    getvariable('inputs') as inputs_sha256
from boots
left join listings using (boot_id)
left join texts using (boot_id)
left join spans using (boot_id)
left join refused using (boot_id)
left join counts using (boot_id)
order by boot_id
