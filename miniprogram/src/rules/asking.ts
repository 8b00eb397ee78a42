/** When to ask whether WeChat may tell somebody: rarely, after something useful, and not again for a long time after a no. */
export interface Asked { at: number; said: 'yes' | 'no' | '' }
export interface Allowed { template: string; template_id: string; left: number; reported: number; is_long_term: boolean }

const DAY = 86_400_000
const AFTER_YES = 3 * DAY
const AFTER_SEEN = 7 * DAY
const AFTER_NO = 30 * DAY
const MOST = 3

/** What is worth asking about: kinds that nothing is left of, in the order given, at most as many as WeChat shows at once. */
export function worthAsking(wanted: readonly string[], allowed: readonly Allowed[]): Allowed[] {
  const found = wanted.map((name) => allowed.find((one) => one.template === name))
  return found.filter((one): one is Allowed => one !== undefined && !one.is_long_term && one.left + one.reported === 0).slice(0, MOST)
}

/** Whether enough time has passed since the last question about the same thing. */
export function isTime(last: Asked | null, now: number): boolean {
  if (!last) return true
  return now - last.at > (last.said === 'no' ? AFTER_NO : last.said === 'yes' ? AFTER_YES : AFTER_SEEN)
}
