-- Everything a device said on a day, in the order of its time. --set device_id=… --set day=2026-11-20
SELECT event_time, received_at, event_type, pilot_state, pwm_duty_cycle, current_draw, energy_delivered_kwh,
  heating_call, cooling_call, time_quality, payload
FROM events
WHERE day = CAST($day AS DATE) AND device_id = $device_id
ORDER BY event_time, log_segment, log_offset, log_tick
