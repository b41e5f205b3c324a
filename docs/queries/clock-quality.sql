-- Devices whose clocks were not to be trusted on a day. --set day=2026-11-20
SELECT device_id, time_quality, count(*) AS events
FROM events
WHERE day = CAST($day AS DATE) AND time_quality <> 'device'
GROUP BY device_id, time_quality
ORDER BY events DESC, device_id
