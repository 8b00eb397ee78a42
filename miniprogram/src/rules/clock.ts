/** The clock of a matter, computed once for every face: words first, then where it stands between its start and its end. */
import { dayOf, gapAfter, said } from './words'

export interface Ticking { started_at: string | null; due_at: string | null; state?: string }
export interface Part { number: number; unit: string }
export type Mood = 'calm' | 'soon' | 'late' | 'still'
export interface Reading { mood: Mood; sign: string; parts: Part[]; until: string; share: number }

const MINUTE = 60_000
const SOON = 0.8

/** What a clock says at a moment; null when there is none. */
export function readClock(clock: Ticking, now: number): Reading | null {
  if (!clock.due_at) return null
  const due = Date.parse(clock.due_at)
  const start = clock.started_at ? Date.parse(clock.started_at) : due
  const share = due > start ? Math.min(1, Math.max(0, (now - start) / (due - start))) : 1
  const isLate = now >= due
  const mood = clock.state === 'paused' ? 'still' : isLate ? 'late' : share >= SOON ? 'soon' : 'calm'
  return { mood, sign: isLate ? '过了' : '还剩', parts: partsOf(Math.abs(due - now)), until: untilWords(due, now), share }
}

/** 1 天 7 小时, 2 小时 10 分, 5 分钟: the two largest units, never a second. */
export function partsOf(length: number): Part[] {
  const minutes = Math.max(1, Math.floor(length / MINUTE))
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60]
  if (days) return hours ? [{ number: days, unit: '天' }, { number: hours, unit: '小时' }] : [{ number: days, unit: '天' }]
  if (hours) return rest ? [{ number: hours, unit: '小时' }, { number: rest, unit: '分' }] : [{ number: hours, unit: '小时' }]
  return [{ number: rest, unit: '分钟' }]
}

/** 还剩 1 天 7 小时. */
export function clockWords(reading: Reading): string {
  return `${reading.sign} ${reading.parts.map((part) => `${part.number} ${part.unit}`).join(' ')}`
}

/** 还剩一天七小时: for ears. */
export function clockSaid(reading: Reading): string {
  return reading.sign + reading.parts.map((part) => (part.number === 2 ? '两' : said(part.number)) + part.unit).join('')
}

/** 今天 18:00, 明天 18:00, 24日 18:00, 12月1日; the end of a day is the day. */
export function untilWords(at: number, now: number): string {
  const [then, today] = [dayOf(at), dayOf(now)]
  const clock = then.hour === 23 && then.minute === 59 ? '' : ` ${then.hour}:${String(then.minute).padStart(2, '0')}`
  const names = ['今天', '明天', '后天']
  const day = names[then.number - today.number] ?? (then.month === today.month && then.year === today.year ? `${then.day}日` : `${then.month}月${then.day}日`)
  return day + clock
}

/** 明天 18:00 前. */
export function beforeWords(at: string, now: number): string {
  const words = untilWords(Date.parse(at), now)
  return `${gapAfter(words)}前`
}

/** Where the stops of the way up stand on the ridge, between 0 (the start) and 1 (the last of them), and where now is. */
export function ridgeOf(start: number, stops: number[], now: number): { stops: number[]; now: number } {
  const gap = 1 / (stops.length + 0.0001)
  const marks = stops.map((_, place) => gap * (place + 1))
  const next = stops.findIndex((at) => at > now)
  if (next < 0) return { stops: marks, now: 1 }
  const [from, fromAt] = next === 0 ? [0, start] : [marks[next - 1]!, stops[next - 1]!]
  const share = stops[next]! > fromAt ? Math.min(1, Math.max(0, (now - fromAt) / (stops[next]! - fromAt))) : 0
  return { stops: marks, now: from + (marks[next]! - from) * share }
}
