/** Quantities as people read them. What is not known is a dash, never a zero. */

const NONE = '–'

/** @param {number | null | undefined} value @param {number} digits @param {string} unit */
export function quantity(value, digits, unit) {
  if (typeof value !== 'number') return NONE
  return `${value.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${unit}`
}

/** @param {number} value */
export function count(value) {
  return value.toLocaleString()
}

/** `42 s`, `7 min`, `3 h 05`, `2 d 4 h`. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (typeof seconds !== 'number') return NONE
  if (seconds < 60) return `${Math.floor(seconds)} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ${String(minutes % 60).padStart(2, '0')}`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** The time of day to the minute, with the day where it is not today's. @param {number | null | undefined} ms @param {number} now */
export function clockTime(ms, now) {
  if (typeof ms !== 'number') return NONE
  const date = new Date(ms)
  const today = new Date(now)
  const time = date.toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
  if (date.toDateString() === today.toDateString()) return time
  const year = date.getFullYear() === today.getFullYear() ? {} : { year: /** @type {const} */ ('numeric') }
  return `${date.toLocaleDateString(undefined, { day: 'numeric', month: 'short', ...year })}, ${time}`
}
