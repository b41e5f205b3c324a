-- Cycles of a location by day and mode: how many, how long, how much. --set location=…
SELECT day, mode, count(*) AS cycles, sum(duration_hours) AS hours, sum(energy_consumed_kwh) AS consumed_kwh
FROM cycles
WHERE location = $location
GROUP BY day, mode
ORDER BY day, mode
