-- From the raw files to one row a seller's part of an order, with every moment in seconds since 1970 UTC and its local day.
-- Brazil's clocks, by hand: forward at 00:00 of the first day, back at 00:00 of the last; 3 hours behind UTC, 2 in between.
create table summer (first int, last int);
insert into summer
select cast(strftime('%s', column1) as int), cast(strftime('%s', column2) as int)
from (values ('2016-10-16', '2017-02-19'), ('2017-10-15', '2018-02-18'), ('2018-11-04', '2019-02-17'));

-- A local time in the skipped hour is the moment after it; one in the doubled hour is the first of the two.
create table moment (local text primary key, utc int not null) without rowid;
insert into moment
select local, case when first is null then s + 10800 when s < first + 3600 then first + 10800 else s + 7200 end
from (
    select local, cast(strftime('%s', local) as int) s
    from (
        select order_purchase_timestamp local from orders
        union select order_approved_at from orders
        union select order_delivered_carrier_date from orders
        union select order_delivered_customer_date from orders
        union select order_estimated_delivery_date from orders
        union select shipping_limit_date from items
        union select review_creation_date from reviews
    )
    where local <> ''
)
left join summer on s >= first and s < last;

create view day as
select utc, (utc - case when exists (select 1 from summer where utc >= first + 10800 and utc < last + 7200) then 7200 else 10800 end) / 86400 day
from (select distinct utc from moment);

create table part as
select seller, buyer, units, status = 'unavailable' by_seller, rating,
    placed.utc placed, placed.day placed_day, cancelled.utc cancelled, shipped.utc shipped, shipped.day shipped_day,
    delivered.utc delivered, ship_by.utc ship_by, ship_by.day ship_by_day, deliver_by.utc deliver_by, deliver_by.day deliver_by_day,
    rated.utc rated
from (
    select i.seller_id seller, c.customer_unique_id buyer, count(*) units, max(i.shipping_limit_date) limit_date,
        o.order_status status, o.order_purchase_timestamp purchase, o.order_delivered_carrier_date carrier,
        o.order_delivered_customer_date customer, o.order_estimated_delivery_date estimated,
        cast(r.review_score as int) rating, r.review_creation_date review,
        case when o.order_status in ('canceled', 'unavailable')
            then coalesce(nullif(o.order_approved_at, ''), o.order_purchase_timestamp) end cancel
    from items i
    join orders o using (order_id)
    join customers c using (customer_id)
    left join (
        select order_id, review_score, review_creation_date,
            row_number() over (partition by order_id order by review_answer_timestamp desc, review_creation_date desc, review_id desc) n
        from reviews
    ) r on r.order_id = o.order_id and n = 1
    group by o.order_id, i.seller_id
)
join (moment join day using (utc)) placed on placed.local = purchase
join (moment join day using (utc)) ship_by on ship_by.local = limit_date
left join (moment join day using (utc)) deliver_by on deliver_by.local = estimated
left join (moment join day using (utc)) shipped on shipped.local = carrier
left join moment delivered on delivered.local = customer
left join moment cancelled on cancelled.local = cancel
left join moment rated on rated.local = review;
