-- What was refused on a day, by topic: nobody could say what it was. --set day=2026-11-20
SELECT topic, device_id, count(*) AS records, min(received_at) AS first_at, max(received_at) AS last_at
FROM events
WHERE day = CAST($day AS DATE) AND event_type IS NULL
GROUP BY topic, device_id
ORDER BY records DESC, topic
