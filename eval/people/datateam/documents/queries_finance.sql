-- Q1 net revenue retention, last 12 months (used in the board deck, p. 4)
with base as (
  select customer_sk, sum(mrr_cents) m0 from mart.fct_subscription_daily
  where day = current_date - interval '1 year' group by 1)
select sum(f.mrr_cents)::numeric / sum(b.m0) as nrr
from base b left join mart.fct_subscription_daily f
  on f.customer_sk = b.customer_sk and f.day = current_date - 1;

-- Q2 customers who paid twice in a month (double billing of 12 May 2026, see postmortem 031)
select customer_sk, count(*) from raw.invoice
where issued_on between '2026-05-12' and '2026-05-13' group by 1 having count(*) > 1;

-- Q3 unused seats: more than half of the seats not logged in
select c.customer_sk, s.seats_bought, f.seats_used
from raw.seat s join mart.fct_subscription_daily f using (customer_sk) join mart.dim_customer c using (customer_sk)
where f.day = current_date - 1 and f.seats_used < s.seats_bought * 0.5;
