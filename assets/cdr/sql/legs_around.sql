-- The legs of "wanted_legs" as one day's events ("source") heard them: when they began, when they last lived.
select
    source.boot_id,
    source.session_number,
    min(leg_id) as leg_id,
    coalesce(make_timestamp(min(start_micros)), min(event_at)) as began_at,
    coalesce(
        make_timestamp(min(answer_micros)), min(event_at) filter (where event_name = 'CHANNEL_ANSWER')
    ) as answered_at,
    max(event_at) as last_alive_at,
    max_by(event_name, row(event_at, segment, record_number)) as last_alive_event,
    max(journal_position(segment, record_number)) filter (where source = 'esl') as last_alive_position,
    min(call_direction) as call_direction,
    min(gateway_name) as gateway,
    min(caller_id_number) as caller_number,
    coalesce(min(sip_req_user), min(destination_number)) as dialed_number
from source
semi join wanted_legs on
    source.boot_id = wanted_legs.boot_id and source.session_number = wanted_legs.session_number
group by source.boot_id, source.session_number
order by source.boot_id, source.session_number
