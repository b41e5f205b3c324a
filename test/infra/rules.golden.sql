-- pilotline_small_sidewalk
SELECT
  encode(*, 'base64') AS payload_base64,
  topic() AS topic,
  'mqtt' AS source,
  timestamp() AS received_at,
  floor(timestamp() / 1000) + 7776000 AS ttl,
  nanvl(
    CASE (nanvl(startswith(decode(encode(*, 'base64'), 'base64'), '{'), false) AND isUndefined(get(decode(encode(*, 'base64'), 'base64'), 0))) WHEN false THEN 'not_an_object' ELSE
    CASE (CASE nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') WHEN 'A' THEN true WHEN 'B' THEN true WHEN 'C' THEN true WHEN 'D' THEN true WHEN 'E' THEN true WHEN 'F' THEN true ELSE false END) WHEN false THEN 'pilot_state_unknown' ELSE
    CASE (nanvl(nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) - 0 = nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10), false)) WHEN false THEN 'pwm_duty_cycle_not_a_number' ELSE
    CASE (nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) >= 0 AND nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) <= 100) WHEN false THEN 'pwm_duty_cycle_impossible' ELSE
    CASE (NOT ((nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') = 'C' OR nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') = 'D') AND (nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) < 10 OR nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) > 96))) WHEN false THEN 'pwm_duty_cycle_out_of_range' ELSE
    'ok' END END END END END, 'undecided') AS verdict
FROM 'sidewalk/#'
-- partition key
${CASE nanvl(substring(get(decode(encode(*, 'base64'), 'base64'), 'WirelessDeviceId'), 0, 256), '') WHEN '' THEN CASE nanvl(substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128), '') WHEN '' THEN CASE nanvl(topic(2), '') WHEN '' THEN substring(topic(), 0, 256) ELSE topic(2) END ELSE substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128) END ELSE substring(get(decode(encode(*, 'base64'), 'base64'), 'WirelessDeviceId'), 0, 256) END}

-- pilotline_small_evse
SELECT
  encode(*, 'base64') AS payload_base64,
  topic() AS topic,
  'mqtt' AS source,
  timestamp() AS received_at,
  floor(timestamp() / 1000) + 7776000 AS ttl,
  nanvl(
    CASE (nanvl(startswith(decode(encode(*, 'base64'), 'base64'), '{'), false) AND isUndefined(get(decode(encode(*, 'base64'), 'base64'), 0))) WHEN false THEN 'not_an_object' ELSE
    CASE (CASE nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') WHEN 'A' THEN true WHEN 'B' THEN true WHEN 'C' THEN true WHEN 'D' THEN true WHEN 'E' THEN true WHEN 'F' THEN true ELSE false END) WHEN false THEN 'pilot_state_unknown' ELSE
    CASE (nanvl(nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) - 0 = nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10), false)) WHEN false THEN 'pwm_duty_cycle_not_a_number' ELSE
    CASE (nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) >= 0 AND nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) <= 100) WHEN false THEN 'pwm_duty_cycle_impossible' ELSE
    CASE (NOT ((nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') = 'C' OR nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pilot_state'), get(decode(encode(*, 'base64'), 'base64'), 'pilot_state')), 'A') = 'D') AND (nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) < 10 OR nanvl(nanvl(get(get(get(decode(encode(*, 'base64'), 'base64'), 'data'), 'evse'), 'pwm_duty_cycle'), get(decode(encode(*, 'base64'), 'base64'), 'pwm_duty_cycle')), 10) > 96))) WHEN false THEN 'pwm_duty_cycle_out_of_range' ELSE
    'ok' END END END END END, 'undecided') AS verdict
FROM 'ev/evse/+/telemetry'
-- partition key
${CASE nanvl(substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128), '') WHEN '' THEN CASE nanvl(topic(3), '') WHEN '' THEN substring(topic(), 0, 256) ELSE topic(3) END ELSE substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128) END}

-- pilotline_small_thermostat
SELECT
  encode(*, 'base64') AS payload_base64,
  topic() AS topic,
  'mqtt' AS source,
  timestamp() AS received_at,
  floor(timestamp() / 1000) + 7776000 AS ttl,
  nanvl(
    CASE (nanvl(startswith(decode(encode(*, 'base64'), 'base64'), '{'), false) AND isUndefined(get(decode(encode(*, 'base64'), 'base64'), 0))) WHEN false THEN 'not_an_object' ELSE
    'ok' END, 'undecided') AS verdict
FROM 'ev/thermostat/+/telemetry'
-- partition key
${CASE nanvl(substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128), '') WHEN '' THEN CASE nanvl(topic(3), '') WHEN '' THEN substring(topic(), 0, 256) ELSE topic(3) END ELSE substring(get(decode(encode(*, 'base64'), 'base64'), 'device_id'), 0, 128) END}
