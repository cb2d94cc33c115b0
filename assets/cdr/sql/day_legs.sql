-- The legs that ended on the variable "day", each linked to its call, with the numbers that may say whose it is.
-- Reads: window_events, the kept events of that day and the days before it that may hold the beginning of
-- its calls; carrier_profiles. Makes: legs, roots, far_ends, number_texts, leg_ends. Rules: FACTS.md "Legs" and "Transfers".

-- A leg is linked to the one it was made for by originator, never by Channel-Call-UUID (a race). The second
-- half of a loopback channel follows the first; a queue's agent leg has no originator, only its member.
create temp view window_legs as
select
    *,
    nullif(
        coalesce(
            originating_leg_uuid,
            originator,
            case when loopback_leg = 'B' then other_loopback_leg_uuid end,
            case when cc_side = 'agent' then cc_member_session_uuid end
        ),
        leg_id
    ) as parent_id,
    coalesce(profile_name, case when channel_name like 'sofia/%' then split_part(channel_name, '/', 2) end) as profile
from window_events
where event_name in ('CHANNEL_CREATE', 'CHANNEL_HANGUP_COMPLETE');

create temp view window_hangups as
select * from window_legs
where event_name = 'CHANNEL_HANGUP_COMPLETE';

-- One hang-up per leg. The event and the CDR file say the same, and so does an event landed twice: what was
-- journalled first counts, then the lower content, the others confirm it; hangup_conflicts reports those that
-- differ. One that counts on an earlier day keeps its day.
create temp table repeated as
select
    boot_id,
    leg_id
from window_hangups
where record_date = getvariable('day')
group by boot_id, leg_id
having count(*) > 1;

create temp table hangups as
with today as (
    select * from window_hangups
    where record_date = getvariable('day')
),

earlier as (
    select
        boot_id,
        leg_id
    from window_hangups
    where record_date < getvariable('day')
),

copies as (
    select
        *,
        row_number() over (
            partition by boot_id, leg_id
            order by
                received_at,
                row(*columns(* exclude (segment, record_number, received_at, source, file_flaws))),
                segment,
                record_number
        ) as copy_number
    from today
    semi join repeated using (boot_id, leg_id)
),

single as (
    select * from today
    anti join repeated using (boot_id, leg_id)
    union all
    select * exclude (copy_number) from copies
    where copy_number = 1
)

-- A million legs are held in memory: what no rule below reads stays behind.
select
    * exclude (
        month, event_name, event_at, record_number, received_at, channel_name, loopback_leg, other_loopback_leg_uuid,
        originator, originating_leg_uuid, cc_member_session_uuid, cc_cancel_reason, cc_action, cc_agent_state,
        source, file_flaws, process_cdr, carriers_tried, legs_counted, legs_in_progress, uptime_millis
    )
from single
anti join earlier using (boot_id, leg_id);

-- Up from each leg to the root of its call, through every leg known in the window.
create temp table calls as
with recursive parents as (
    select
        boot_id,
        leg_id,
        coalesce(min(parent_id) filter (where event_name = 'CHANNEL_CREATE'), min(parent_id)) as parent_id
    from window_legs
    where parent_id is not null
    group by boot_id, leg_id
),

-- Few legs are made for a leg that was itself made for another.
upper_parents as (
    select * from parents
    semi join (select boot_id, parent_id as leg_id from parents) using (boot_id, leg_id)
),

climb as (
    select
        boot_id,
        leg_id,
        parent_id as ancestor_id,
        1 as height
    from hangups
    where parent_id is not null
    union all
    select
        climb.boot_id,
        climb.leg_id,
        upper_parents.parent_id,
        climb.height + 1
    from climb
    inner join upper_parents
        on climb.boot_id = upper_parents.boot_id and climb.ancestor_id = upper_parents.leg_id
    where climb.height < 16
)

select
    boot_id,
    leg_id,
    max_by(ancestor_id, height) as call_id
from climb
group by boot_id, leg_id;

-- What is known of a call's root, and of a leg that was transferred: from its creation first (a transfer
-- overwrites the rest), then its hang-up, then from how the leg made for it knew it (the switch, or the
-- listener, may not have seen it begin).
create temp table known_legs as
with wanted as (
    select
        hangups.boot_id,
        coalesce(calls.call_id, hangups.leg_id) as leg_id
    from hangups
    left join calls using (boot_id, leg_id)
    union
    select
        boot_id,
        leg_id
    from hangups
    where rdnis is not null or transfer_history is not null
),

sightings as (
    select
        boot_id,
        leg_id,
        case event_name when 'CHANNEL_CREATE' then 'created' else 'ended' end as seen,
        call_direction,
        profile,
        caller_id_number,
        ani,
        sip_from_user,
        sip_req_user,
        sip_to_user,
        rdnis,
        destination_number
    from window_legs
    semi join wanted using (boot_id, leg_id)
    union all
    select
        boot_id,
        parent_id as leg_id,
        'from_afar' as seen,
        other_leg_direction as call_direction,
        case
            when other_leg_channel_name like 'sofia/%' then split_part(other_leg_channel_name, '/', 2)
        end as profile,
        other_leg_caller_id_number as caller_id_number,
        other_leg_ani as ani,
        null as sip_from_user,
        null as sip_req_user,
        null as sip_to_user,
        other_leg_rdnis as rdnis,
        other_leg_destination_number as destination_number
    from hangups
    where other_leg_id = parent_id
)

select
    boot_id,
    leg_id,
    coalesce(
        min(call_direction) filter (where seen = 'created'),
        min(call_direction) filter (where seen = 'ended'),
        min(call_direction)
    ) as call_direction,
    coalesce(
        min(profile) filter (where seen = 'created'),
        min(profile) filter (where seen = 'ended'),
        min(profile)
    ) as profile,
    coalesce(
        min(caller_id_number) filter (where seen = 'created'),
        min(caller_id_number) filter (where seen = 'ended'),
        min(caller_id_number)
    ) as caller_id_number,
    coalesce(
        min(ani) filter (where seen = 'created'),
        min(ani) filter (where seen = 'ended'),
        min(ani)
    ) as ani,
    coalesce(min(sip_from_user) filter (where seen = 'created'), min(sip_from_user)) as sip_from_user,
    -- What was dialled, the surest first.
    coalesce(min(sip_req_user) filter (where seen = 'created'), min(sip_req_user)) as dialed_1,
    min(destination_number) filter (where seen = 'created') as dialed_2,
    min(rdnis) filter (where seen = 'ended') as dialed_3,
    coalesce(min(sip_to_user) filter (where seen = 'created'), min(sip_to_user)) as dialed_4,
    min(destination_number) filter (where seen = 'ended' and rdnis is null) as dialed_5,
    coalesce(
        min(rdnis) filter (where seen = 'from_afar'),
        min(destination_number) filter (where seen = 'from_afar')
    ) as dialed_6
from sightings
group by boot_id, leg_id;

create temp table legs as
select
    hangups.* exclude (
        other_leg_id, other_leg_direction, other_leg_channel_name, other_leg_caller_id_number, other_leg_ani,
        other_leg_rdnis, other_leg_destination_number
    ),
    coalesce(calls.call_id, hangups.leg_id) as call_id,
    coalesce(hangups.call_direction = 'outbound' and hangups.gateway_name is not null, false) as is_outgoing,
    coalesce(
        hangups.call_direction = 'inbound' and hangups.profile in (select profile from carrier_profiles), false
    ) as is_incoming,
    -- Caller-Destination-Number is what was dialled until a transfer overwrites it.
    case
        when hangups.call_direction = 'inbound' then coalesce(
            hangups.sip_req_user, known.dialed_2, hangups.rdnis, hangups.sip_to_user, hangups.destination_number
        )
        when hangups.rdnis is null and hangups.transfer_history is null then hangups.destination_number
        else coalesce(known.dialed_2, hangups.sip_to_user, hangups.rdnis, hangups.destination_number)
    end as dialed
from hangups
left join calls using (boot_id, leg_id)
left join known_legs as known using (boot_id, leg_id);

drop table hangups;

create temp view roots as
select
    *,
    coalesce(call_direction = 'inbound' and profile in (select profile from carrier_profiles), false) as is_incoming
from known_legs
semi join (select boot_id, call_id as leg_id from legs) using (boot_id, leg_id);

-- Of an unanswered leg: why the last leg made for it ended.
create temp table far_ends as
select
    boot_id,
    parent_id as leg_id,
    max_by(hangup_cause, row(end_micros, leg_id)) as far_cause
from window_hangups
semi join (select boot_id, leg_id as parent_id from legs where answer_micros is null) using (boot_id, parent_id)
group by boot_id, parent_id;

-- Every number a rule may look at, to be classified and looked up once.
create temp view number_texts as
select distinct text
from (
    select unnest([dialed, caller_id_number, ani, sip_from_user]) as text from legs
    union all
    select unnest([
        caller_id_number, ani, sip_from_user, dialed_1, dialed_2, dialed_3, dialed_4, dialed_5, dialed_6
    ]) as text
    from roots
)
where text is not null;

-- Every way a leg of the day ended, to be judged once.
create temp view leg_ends as
select distinct
    legs.answer_micros is not null as is_answered,
    legs.hangup_cause,
    legs.originate_disposition,
    legs.last_bridge_hangup_cause,
    coalesce(legs.sip_invite_failure_status, legs.sip_term_status) as sip_status,
    far_ends.far_cause,
    case when legs.cc_side = 'member' then legs.cc_cause end as queue_cause
from legs
left join far_ends using (boot_id, leg_id);
