-- What a charger offered over a day: each duty cycle, how often it was reported, and the current that was drawn.
-- --set device_id=… --set day=2026-11-20
SELECT pwm_duty_cycle, count(*) AS reports, min(event_time) AS first_at, max(event_time) AS last_at,
  avg(current_draw) AS mean_current_a, max(current_draw) AS most_current_a
FROM events
WHERE day = CAST($day AS DATE) AND device_id = $device_id AND pwm_duty_cycle IS NOT NULL
GROUP BY pwm_duty_cycle
ORDER BY pwm_duty_cycle
