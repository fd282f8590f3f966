-- Every seller's counts at the moment ?1 (seconds since 1970 UTC), from what had happened by then.
with now as (
    select ?1 t, (?1 - case when exists (select 1 from summer where ?1 >= first + 10800 and ?1 < last + 7200) then 7200 else 10800 end) / 86400 today
),
known as (
    select seller, buyer, units, by_seller, placed_day, ship_by, ship_by_day, deliver_by, deliver_by_day,
        iif(cancelled <= t, cancelled, null) cancelled, iif(shipped <= t, shipped, null) shipped, shipped_day,
        iif(delivered <= t, delivered, null) delivered, iif(rated <= t, rating, null) rating
    from part, now where placed <= t
),
judged as (
    select *, cancelled is not null and (shipped is null or cancelled < shipped) called_off,
        case when shipped is not null then shipped_day when t > ship_by then ship_by_day end due_day,
        shipped is null or shipped > ship_by late
    from known, now
),
windows as (
    select *, today - placed_day between 15 and 74 odr, today - placed_day between 1 and 7 cancellation,
        shipped is not null and not called_off and today - shipped_day between 0 and 179 fulfilled,
        not called_off and today - due_day between 0 and 9 late_10, not called_off and today - due_day between 0 and 29 late_30,
        cancelled is null and today - deliver_by_day between 7 and 20 on_time,
        cancelled is null and shipped is not null and today - deliver_by_day between 10 and 39 tracking
    from judged
)
select seller,
    coalesce(sum(odr and rating <= 2), 0), coalesce(sum(odr), 0),
    coalesce(sum(late_10 and late), 0), coalesce(sum(late_10), 0),
    coalesce(sum(late_30 and late), 0), coalesce(sum(late_30), 0),
    coalesce(sum(cancellation and called_off and by_seller), 0), coalesce(sum(cancellation), 0),
    coalesce(sum(iif(on_time and delivered <= deliver_by, units, 0)), 0), coalesce(sum(iif(on_time, units, 0)), 0),
    coalesce(sum(tracking and delivered is not null), 0), coalesce(sum(tracking), 0),
    count(distinct iif(odr and rating <= 2, buyer, null)), sum(fulfilled)
from windows group by seller order by seller;
