-- Energy of a location by day of its time zone. --set location=…
SELECT day, sum(delivered_kwh) AS delivered_kwh, sum(consumed_kwh) AS consumed_kwh, sum(sessions) AS sessions,
  sum(cycles) AS cycles, max(peak_power_kw) AS peak_power_kw
FROM energy
WHERE location = $location
GROUP BY day
ORDER BY day
