/** Duty cycle of the pilot and the current it offers (SAE J1772, IEC 61851-1 annex A). */

/** 3 to 7 %: the current is agreed by digital communication, and the duty says nothing of it. */
export function isDigitalDuty(duty_percent: number): boolean {
  return duty_percent >= 3 && duty_percent <= 7
}

/** Amperes that a duty offers; null where it offers none: below 8 % and above 97 %. */
export function ampsOfDuty(duty_percent: number): number | null {
  if (duty_percent < 8 || duty_percent > 97) return null
  if (duty_percent <= 85) return duty_percent * 0.6
  if (duty_percent <= 96) return (duty_percent - 64) * 2.5
  return 80
}

/**
 * Duty that offers `current_a`; null outside 6 to 80 A and between 51 and 52.5 A: the first formula ends at 85 % with
 * 51 A, and just above it the second one begins with 52.5 A. At 85 % itself a car reads 51 A, the lower of the two.
 */
export function dutyOfAmps(current_a: number): number | null {
  if (current_a < 6 || current_a > 80) return null
  if (current_a <= 51) return current_a / 0.6
  return current_a < 52.5 ? null : current_a / 2.5 + 64
}
