/** Ids of what charts decide: the same event opens the same thing, whoever folds it, however often. */
import { parse, v5 } from 'uuid'

/** Pilotline's own namespace (random, fixed for ever). */
const NAMESPACE = parse('5b9a7c1e-2f64-4d0b-9a38-7f4f3c5d1e82')

/** UUID v5 (RFC 9562) of a session or cycle: device, chart instance, identity of the opening event. */
export function thingId(device_id: string, instance: string, opened_by: string): string {
  // What begins and ends a session, and what lists show of it, ask one after another for the same.
  if (last.opened_by !== opened_by || last.instance !== instance || last.device_id !== device_id) {
    const id = v5(JSON.stringify([device_id, instance, opened_by]), NAMESPACE)
    last = { device_id, instance, opened_by, id }
  }
  return last.id
}

let last = { device_id: '', instance: '', opened_by: '', id: '' }

/** UUID v5 of an alarm: what it is about, and its name. */
export function alarmId(thing: string, alarm: string): string {
  return v5(JSON.stringify([thing, alarm]), NAMESPACE)
}
