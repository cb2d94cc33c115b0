-- One row per leg of the day: whose call it is, from where to where, how it turned out, what it bills.
-- Reads: legs, roots, far_ends (day_legs.sql); numbers (each text classified, with its owner that day);
-- dispositions (each way of ending, judged).
with owned as (
    select text from numbers
    where customer_id is not null
),

-- The number a call's root dialled, and the customer's number its caller used: the first candidate that is
-- some customer's that day, else the first.
root_numbers as (
    select
        roots.boot_id,
        roots.leg_id as call_id,
        roots.is_incoming,
        coalesce(
            roots.dialed_1, roots.dialed_2, roots.dialed_3, roots.dialed_4, roots.dialed_5, roots.dialed_6
        ) as dialed,
        coalesce(
            owned_1.text, owned_2.text, owned_3.text, owned_4.text, owned_5.text, owned_6.text,
            roots.dialed_1, roots.dialed_2, roots.dialed_3, roots.dialed_4, roots.dialed_5, roots.dialed_6
        ) as did,
        coalesce(caller_1.text, caller_2.text, caller_3.text) as owned_caller,
        coalesce(roots.caller_id_number, roots.ani, roots.sip_from_user) as caller
    from roots
    left join owned as owned_1 on roots.dialed_1 = owned_1.text
    left join owned as owned_2 on roots.dialed_2 = owned_2.text
    left join owned as owned_3 on roots.dialed_3 = owned_3.text
    left join owned as owned_4 on roots.dialed_4 = owned_4.text
    left join owned as owned_5 on roots.dialed_5 = owned_5.text
    left join owned as owned_6 on roots.dialed_6 = owned_6.text
    left join owned as caller_1 on roots.caller_id_number = caller_1.text
    left join owned as caller_2 on roots.ani = caller_2.text
    left join owned as caller_3 on roots.sip_from_user = caller_3.text
),

leg_numbers as (
    select
        legs.boot_id,
        legs.leg_id,
        root_numbers.is_incoming as is_from_carrier,
        root_numbers.did,
        case when legs.is_incoming and legs.parent_id is null then root_numbers.did else legs.dialed end as dialed,
        coalesce(legs.caller_id_number, legs.ani, legs.sip_from_user, root_numbers.caller) as caller,
        coalesce(
            caller_1.text, caller_2.text, caller_3.text, root_numbers.owned_caller,
            legs.caller_id_number, legs.ani, legs.sip_from_user, root_numbers.caller
        ) as customer_caller,
        -- A customer's phone called another customer's number, and that one sent the call on.
        legs.is_outgoing and root_owner.customer_id is not null and root_owner.e164 is distinct from leg_destination.e164
            as is_sent_on
    from legs
    left join root_numbers on legs.boot_id = root_numbers.boot_id and legs.call_id = root_numbers.call_id
    left join numbers as root_owner on root_numbers.dialed = root_owner.text
    left join numbers as leg_destination on legs.dialed = leg_destination.text
    left join owned as caller_1 on legs.caller_id_number = caller_1.text
    left join owned as caller_2 on legs.ani = caller_2.text
    left join owned as caller_3 on legs.sip_from_user = caller_3.text
),

-- Who pays: of a call that came from the carrier, and of a call sent on, whoever has the number dialled;
-- of any other, whoever has the caller's number.
payers as (
    select
        *,
        case when is_from_carrier or is_sent_on then did else customer_caller end as customer_number
    from leg_numbers
)

select
    strftime(legs.record_date, '%Y-%m') as month,
    legs.record_date,
    legs.boot_id,
    legs.leg_id,
    legs.session_number,
    legs.switch_name,
    legs.parent_id as originating_leg_id,
    legs.call_id,
    case when legs.parent_id is null then 'A' else 'B' end as leg_side,
    case when legs.is_outgoing then 'outgoing' when legs.is_incoming then 'incoming' else 'internal' end as direction,
    legs.is_outgoing or legs.is_incoming as is_carrier_leg,
    legs.is_outgoing and legs.answer_micros is not null and not coalesce(destination.is_free_to_caller, false)
        as is_billable,
    -- A forward may carry the campaign of the number it was called on: it is a forward all the same.
    case
        when legs.is_incoming then 'incoming'
        when legs.is_outgoing and (coalesce(payers.is_from_carrier, false) or coalesce(payers.is_sent_on, false))
            then 'forwarded'
        when legs.is_outgoing and legs.campaign is not null then 'campaign'
        else 'direct'
    end as call_category,
    legs.gateway_name as gateway,
    customer.customer_id,
    customer.contract_id,
    coalesce(legs.account_code, legs.account_id) as account_code,
    legs.caller_id_number as caller_number,
    payers.dialed as dialed_number,
    origin.e164 as origin_number,
    origin.country as origin_country,
    origin.number_type as origin_number_type,
    destination.e164 as destination_number,
    destination.country as destination_country,
    destination.number_type as destination_number_type,
    destination.called_digits,
    make_timestamp(legs.start_micros) as started_at,
    make_timestamp(legs.answer_micros) as answered_at,
    make_timestamp(legs.end_micros) as ended_at,
    -- domain.rating.billed_seconds: every second begun, at least one once answered.
    case
        when legs.answer_micros is null then 0
        else greatest(1, (legs.end_micros - legs.answer_micros + 999999) // 1000000)
    end as billed_seconds,
    coalesce(legs.end_micros - legs.answer_micros, 0) as talk_micros,
    coalesce(legs.answer_micros, legs.end_micros) - legs.start_micros as ring_micros,
    dispositions.disposition,
    legs.hangup_cause,
    cast(
        case
            when legs.answer_micros is not null then legs.sip_term_status
            else coalesce(legs.sip_invite_failure_status, legs.sip_term_status)
        end as integer
    ) as sip_status,
    legs.cc_queue as queue_name,
    case when legs.cc_side = 'member' then make_timestamp(legs.cc_joined_epoch * 1000000) end as queue_joined_at,
    case
        when legs.cc_side = 'member' and legs.cc_cause is distinct from 'cancel'
            then make_timestamp(legs.cc_answered_epoch * 1000000)
    end as queue_answered_at,
    case
        when legs.cc_side = 'member' and legs.cc_cause = 'cancel' then make_timestamp(legs.cc_left_epoch * 1000000)
    end as queue_left_at,
    case when legs.cc_side = 'agent' or legs.cc_cause is distinct from 'cancel' then legs.cc_agent end as agent_name,
    legs.campaign,
    legs.segment
from legs
inner join payers using (boot_id, leg_id)
left join far_ends using (boot_id, leg_id)
left join numbers as customer on payers.customer_number = customer.text
left join numbers as origin
    on case when legs.is_outgoing then payers.customer_number else payers.caller end = origin.text
-- A number dialled inside is an extension unless it is E.164.
left join numbers as destination
    on payers.dialed = destination.text and (legs.is_outgoing or legs.is_incoming or destination.e164 is not null)
left join dispositions
    on dispositions.is_answered = (legs.answer_micros is not null)
    and dispositions.hangup_cause is not distinct from legs.hangup_cause
    and dispositions.originate_disposition is not distinct from legs.originate_disposition
    and dispositions.last_bridge_hangup_cause is not distinct from legs.last_bridge_hangup_cause
    and dispositions.sip_status is not distinct from coalesce(legs.sip_invite_failure_status, legs.sip_term_status)
    and dispositions.far_cause is not distinct from far_ends.far_cause
    and dispositions.queue_cause is not distinct from case when legs.cc_side = 'member' then legs.cc_cause end
order by coalesce(legs.answer_micros, legs.end_micros), legs.boot_id, legs.leg_id
