-- Legs whose hang-ups differ in what a bill is made of.
select
    boot_id || '/' || leg_id as row_key,
    'the sources of this leg would bill differently; what was journalled first was kept' as reason,
    {
        'answer_micros': string_agg(distinct answer_micros, ' ' order by answer_micros),
        'end_micros': string_agg(distinct end_micros, ' ' order by end_micros),
        'session_number': string_agg(distinct session_number, ' ' order by session_number),
        'sources': string_agg(distinct source, ' ' order by source),
        'gateway_name': string_agg(distinct gateway_name, ' ' order by gateway_name),
        'caller': string_agg(distinct caller_id_number, ' ' order by caller_id_number),
        'destination': string_agg(distinct destination_number, ' ' order by destination_number),
        'segments': string_agg(distinct segment, ' ' order by segment)
    } as details
from source
where event_name = 'CHANNEL_HANGUP_COMPLETE'
group by boot_id, leg_id
having count(*) > 1
and count(distinct row(
    session_number, start_micros, answer_micros, end_micros, call_direction, gateway_name, caller_id_number, ani, sip_from_user,
    destination_number, rdnis, sip_req_user, originating_leg_uuid
)) > 1
