/**
 * A device's state as DynamoDB keeps it. It is written once for every batch that moves the device, and a write unit is
 * 1 KB: as its JSON a charger's state is three, packed against the words that every state is made of it is one.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { InfrastructureError } from './infrastructure-error.ts'

/**
 * What states share, the likeliest last. A text that has shipped is never edited, because states are packed against it:
 * add one, and pack with the newest.
 */
const WORDS_1 = [
  '{"chart":"hvac-cycle","version":1,"value":{"calling":"steady"},"context":{"cycle":{"opened_by":"","started_at":',
  ',"device_cycle_id":null,"mode":"cooling","stage":1,"rated_power_kw":null,"fields":{"heating_call":false,',
  '"cooling_call":true},"timers":{"stuck.hvac-cycle.calling":17"heating","cooling","state_change","cycle_start",',
  '"estimated","clamped","device_type":"thermostat","idle","fault","silent","unplugged","plugged","A","B","C"',
  '{"config":[{"effective_from":17,"written_at":17,"config":{"device_type":"evse","location":"site_1",',
  '"rated_voltage_v":240,"rated_power_kw":7.2,"report_interval_s":60,"fault_close_s":900}}],',
  '{"format":1,"device_id":"evse-01","device_type":"evse","applied":1,"horizon":{"ts":17,"ord":"3000000000',
  '000"},"until":17,"instances":{"session":{"chart":"evse-session","version":1,"value":{"session":"charging"},',
  '"since":17,"context":{"session":{"opened_by":"","started_at":17,"device_session_id":"","announced":true,',
  '"continued":0,"meter":{"began_at":17,"heard_at":17,"told_at":17,"longest_gap_ms":300000,"peak_current_a":32,',
  '"register":{"closed_kwh":0,"base_kwh":0,"last_kwh":0,"moved_at":17,"seen_at":17,"spare_kwh":0,"zero":null,',
  '"shown":true,"measured":true,"disputed":false},"integral":{"kwh":0,"covered_ms":0,"steps_kwh":0,',
  '"sample":{"at":17,"kw":7.2},"peak_kw":7.2}},"legs":[{"started_at":17,"ended_at":null,"from_kwh":0}],',
  '"legs_merged":0,"charging_ms":0},"before":{"kwh":0,"at":17},"finished":["","",""],"seen_at":17,"limits":{},',
  '"silence_ms":604800000,"fault_close_ms":900000},"timers":{"silence.evse-session.session.charging":17}}},',
  '"config":[],"clock":{"boots":[{"number":1,"first_received_at":17,"last_received_at":17,"last_uptime_ms":17,',
  '"offset_ms":17,"exact":true,"synced":false,"last_event_time":0}],"recent_offsets_ms":[-80,-80,-80,-80],',
  '"latest":"epoch","estimated":0,"clamped":0},"recent":["","",""],"clamped_span":null,"undoable":null,',
  '"checkpoint":{"at":17,"events":1},"counters":{"events":1,"late":0,"decided":0,"disagreed":0,"clamped":0},',
  '"last":{"event_type":"telemetry","event_time":17,"received_at":17,"time_quality":"device",',
  '"fields":{"pilot_state":"C","pwm_duty_cycle":50,"current_draw":32,"voltage_v":240,"power_kw":7.2,',
  '"proximity_detected":true,"session_id":"","energy_delivered_kwh":0},"flags":[]},"payload_location":"site_1",',
  '"pins":{},"repair_from":null}',
]

/** With the edges that charts take, as standings have them. */
const WORDS_2 = [
  '{"interlock":{"chart":"ev-interlock","version":1,"value":{"call":"on"},"since":17,"entered":{"call":17},',
  '"taken":[["idle / draw.on",29,1],["draw / draw.off",29,1],["idle / call.on",29,1],["call.on / call.off",29,1]]}}',
  '{"heating":{"chart":"hvac-cycle","version":1,"value":"idle","since":17,"taken":[["idle / call.on",29,1],',
  '["calling / call.off / 1",29,1],["calling / call.off / 2",29,1],["calling.running / after stuck",29,1]]},',
  '{"session":{"chart":"evse-session","version":1,"value":{"session":"connected"},"since":17,"entered":{"session":17},',
  '["unplugged / pilot.C",29,1],["session / pilot.E",29,1],["session / pilot.F",29,1],["unavailable / pilot.A",29,1],',
  '"taken":[["session / pilot.C / 2",29,1],["session / pilot.B / 2",29,1],["session / pilot.A",29,1],',
  '["unplugged / pilot.B",29,1],["session / pilot.C / 2",29,1]]}}',
  ...WORDS_1,
]

const DICTIONARIES = [WORDS_1, WORDS_2].map((words) => Buffer.from(words.join('')))
const NEWEST = DICTIONARIES.length

/** The state was packed by code newer than this: nothing is wrong with the record, upgrade and go on. */
export class NewerPacking extends InfrastructureError {}

export function packState(text: string): Uint8Array {
  const dictionary = DICTIONARIES[NEWEST - 1] as Buffer
  return Buffer.concat([Buffer.of(NEWEST), deflateRawSync(text, { dictionary })])
}

/** @throws NewerPacking */
export function unpackState(bytes: Uint8Array): string {
  const number = bytes[0] ?? 0
  const dictionary = DICTIONARIES[number - 1]
  if (!dictionary) throw new NewerPacking(`a state is packed in way ${number}, this code knows ${NEWEST}`)
  return inflateRawSync(bytes.subarray(1), { dictionary }).toString()
}
