-- Sessions of a location, newest first. --set location=…
SELECT id, device_id, started_at, ended_at, energy_kwh, energy_confidence, charging_s, peak_power_kw, end_reason
FROM sessions
WHERE location = $location
ORDER BY started_at DESC, id
