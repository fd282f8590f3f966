//! What the PostgreSQL session writes after an evaluation: verdicts, what follows from them, and faults.

use std::collections::HashSet;

use sqlx::postgres::PgConnection;
use sqlx::{query, query_as};

use super::postgres_write::{by_key, column};
use super::session::{FaultRow, Judgement, NewVerdict, Result};

pub(super) async fn judge(c: &mut PgConnection, judgements: &[Judgement]) -> Result<()> {
    let mut rest = judgements;
    while !rest.is_empty() {
        // An array may name a merchant once; its second judgement comes after the first.
        let mut known = HashSet::new();
        let (part, later) = rest.split_at(rest.iter().take_while(|j| known.insert(j.merchant)).count());
        let rows = by_key(part, |j| j.merchant);
        reschedule(c, &rows).await?;
        put_verdicts(c, part).await?;
        put_standings(c, &rows).await?;
        // Those who take events in have merchants' rows before their being due.
        put_merchants(c, &rows).await?;
        settle(c, &rows).await?;
        rest = later;
    }
    Ok(())
}

async fn settle(c: &mut PgConnection, rows: &[&Judgement]) -> Result<()> {
    let stamped: Vec<_> = rows.iter().filter_map(|j| Some((j.market, j.merchant, j.stamp?))).collect();
    if stamped.is_empty() {
        return Ok(());
    }
    // `for update` looks at the stamp again if the row was just changed, which the deletion by place would not.
    let sql = "delete from dirty where ctid = any(array(select o.ctid
        from unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(marketplace, merchant, stamp)
        cross join lateral (select ctid from dirty where marketplace = k.marketplace and merchant = k.merchant and stamp <= k.stamp
            limit 1 for update) o))";
    let delete = query(sql).bind(column(&stamped, |s| s.0)).bind(column(&stamped, |s| s.1)).bind(column(&stamped, |s| s.2));
    delete.execute(c).await?;
    Ok(())
}

async fn reschedule(c: &mut PgConnection, rows: &[&Judgement]) -> Result<()> {
    let moved = || rows.iter().filter(|j| j.was_due != j.next);
    let off: Vec<_> = moved().filter_map(|j| Some((j.market, j.was_due?, j.merchant))).collect();
    if !off.is_empty() {
        let sql = "delete from agenda where ctid = any(array(select o.ctid
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(marketplace, at, merchant)
            cross join lateral (select ctid from agenda where marketplace = k.marketplace and at = k.at and merchant = k.merchant
                limit 1 for update) o))";
        query(sql).bind(column(&off, |r| r.0)).bind(column(&off, |r| r.1)).bind(column(&off, |r| r.2)).execute(&mut *c).await?;
    }
    let on: Vec<_> = moved().filter_map(|j| Some((j.market, j.next?, j.merchant))).collect();
    if !on.is_empty() {
        let sql = "insert into agenda (marketplace, at, merchant) select * from unnest($1::bigint[], $2::bigint[], $3::bigint[])
            on conflict do nothing";
        query(sql).bind(column(&on, |r| r.0)).bind(column(&on, |r| r.1)).bind(column(&on, |r| r.2)).execute(c).await?;
    }
    Ok(())
}

/// Verdicts are numbered in the order given.
async fn put_verdicts(c: &mut PgConnection, judgements: &[Judgement]) -> Result<()> {
    let rows: Vec<(&Judgement, &NewVerdict)> = judgements.iter().filter_map(|j| Some((j, j.verdict.as_ref()?))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "insert into verdicts (id, marketplace, merchant, generation, at, binding, input, output)
        select * from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[], $7::bytea[], $8::bytea[])";
    let insert = query(sql).bind(column(&rows, |(_, v)| v.id)).bind(column(&rows, |(j, _)| j.market));
    let insert = insert.bind(column(&rows, |(j, _)| j.merchant)).bind(column(&rows, |(_, v)| v.generation));
    let insert = insert.bind(column(&rows, |(_, v)| v.at)).bind(column(&rows, |(_, v)| v.binding));
    insert.bind(column(&rows, |(_, v)| v.input.as_slice())).bind(column(&rows, |(_, v)| v.output.as_slice())).execute(c).await?;
    Ok(())
}

async fn put_merchants(c: &mut PgConnection, rows: &[&Judgement]) -> Result<()> {
    let rows: Vec<_> =
        rows.iter().filter(|j| j.verdict.is_some() || j.was_due != j.next).map(|j| (*j, j.verdict.as_ref())).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "insert into merchants (id, marketplace, ref, name, registered_at, registered_tie, orders, next_evaluation, verdict,
            verdict_at, projected, score, statuses, judged_day, since, standing, level)
        select o.id, 0, '', '', 0, 0, 0, k.next, k.verdict, k.at, k.projected, k.score, coalesce(k.statuses, ''), k.day, k.since,
            k.standing, k.level
        from unnest($1::bigint[], $2::bigint[], $3::uuid[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::bigint[],
            $9::bigint[], $10::text[], $11::text[])
            k(id, next, verdict, at, projected, score, statuses, day, since, standing, level)
        cross join lateral (select id from merchants where id = k.id limit 1) o
        on conflict (id) do update set next_evaluation = excluded.next_evaluation,
            verdict = coalesce(excluded.verdict, merchants.verdict), verdict_at = coalesce(excluded.verdict_at, merchants.verdict_at),
            projected = coalesce(excluded.projected, merchants.projected), score = coalesce(excluded.score, merchants.score),
            statuses = case when excluded.verdict is null then merchants.statuses else excluded.statuses end,
            judged_day = coalesce(excluded.judged_day, merchants.judged_day), since = coalesce(excluded.since, merchants.since),
            standing = coalesce(excluded.standing, merchants.standing), level = coalesce(excluded.level, merchants.level)";
    let moved = |v: &NewVerdict| v.moved.is_some();
    let update = query(sql).bind(column(&rows, |(j, _)| j.merchant)).bind(column(&rows, |(j, _)| j.next));
    let update = update.bind(column(&rows, |(_, v)| v.map(|v| v.id))).bind(column(&rows, |(_, v)| v.map(|v| v.at)));
    let update = update.bind(column(&rows, |(_, v)| v.map(|v| v.projected.code.as_str())));
    let update = update.bind(column(&rows, |(_, v)| v.map(|v| i64::from(v.score))));
    let update = update.bind(column(&rows, |(_, v)| v.map(|v| v.statuses.as_str())));
    let update = update.bind(column(&rows, |(_, v)| v.and_then(|v| v.judged_day).map(i64::from)));
    let update = update.bind(column(&rows, |(_, v)| v.and_then(|v| v.moved)));
    let update = update.bind(column(&rows, |(_, v)| v.filter(|v| moved(v)).map(|v| v.projected.code.as_str())));
    update.bind(column(&rows, |(_, v)| v.filter(|v| moved(v)).map(|v| v.projected.level.as_str()))).execute(c).await?;
    Ok(())
}

async fn put_standings(c: &mut PgConnection, rows: &[&Judgement]) -> Result<()> {
    let rows: Vec<_> = rows.iter().filter_map(|j| j.verdict.as_ref().and_then(|v| Some((j.merchant, v.moved?, v)))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "insert into standings (merchant, since, standing, level, verdict)
        select * from unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::uuid[]) on conflict do nothing";
    let insert = query(sql).bind(column(&rows, |r| r.0)).bind(column(&rows, |r| r.1));
    let insert =
        insert.bind(column(&rows, |r| r.2.projected.code.as_str())).bind(column(&rows, |r| r.2.projected.level.as_str()));
    insert.bind(column(&rows, |r| r.2.id)).execute(c).await?;
    Ok(())
}

pub(super) async fn faults(c: &mut PgConnection, add: &[FaultRow], clear: &[(i64, i64, i64)]) -> Result<Vec<i64>> {
    let mut over = Vec::new();
    if !clear.is_empty() {
        let rows = by_key(clear, |row| *row);
        let sql = "delete from faults where ctid = any(array(select o.ctid
            from unnest($1::bigint[], $2::bigint[], $3::bigint[]) k(generation, merchant, subject)
            cross join lateral (select ctid from faults where generation = k.generation and merchant = k.merchant
                and subject = k.subject limit 1 for update) o)) returning merchant, subject";
        let delete = query_as(sql).bind(column(&rows, |r| r.0)).bind(column(&rows, |r| r.1)).bind(column(&rows, |r| r.2));
        let gone: Vec<(i64, i64)> = delete.fetch_all(&mut *c).await?;
        over.extend(gone.into_iter().filter(|(_, subject)| *subject != 0).map(|(merchant, _)| merchant));
    }
    if !add.is_empty() {
        let rows = by_key(add, |f| (f.generation, f.merchant, f.subject));
        let sql = "insert into faults (generation, merchant, subject, code, message, count, first_at, last_at, fuel, input)
            select generation, merchant, subject, code, message, 1, at, at, fuel, input
            from unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
                k(generation, merchant, subject, code, message, at, fuel, input)
            on conflict (generation, merchant, subject) do update set code = excluded.code, message = excluded.message,
                count = faults.count + 1, last_at = excluded.last_at, fuel = excluded.fuel, input = excluded.input";
        let upsert = query(sql).bind(column(&rows, |f| f.generation)).bind(column(&rows, |f| f.merchant));
        let upsert = upsert.bind(column(&rows, |f| f.subject)).bind(column(&rows, |f| f.code));
        let upsert = upsert.bind(column(&rows, |f| f.message.as_str())).bind(column(&rows, |f| f.at));
        upsert.bind(column(&rows, |f| f.fuel)).bind(column(&rows, |f| f.input.as_deref())).execute(c).await?;
    }
    Ok(over)
}
