/** Acting for somebody, without a phone: which questions are asked in whose name, what one may do, and until when in words. */
import type { Schema } from '@/api/types'
import type { Someone } from './forms'
import { dayOf } from './words'

type Left = Pick<Schema<'LeftShape'>, 'powers' | 'until'>

/** Only these are asked for somebody else; what is one's own, like messages and settings, never is. */
const IN_THEIR_NAME = /^(cases|appraisals|points|media)(\/|\?|$)/
export const KINDS_FOR_OTHERS = new Set(['case', 'appraisal', 'appraisal_withdraw'])

export function isInTheirName(path: string): boolean {
  return IN_THEIR_NAME.test(path)
}

type Home = Pick<Schema<'MyHouseholdShape'>, 'people'>

/** Who can be named on a form: whom I act for, else the people of my household, myself among them. */
export function someonesOf(left: Pick<Schema<'LeftShape'>, 'for_person_id' | 'for_name'> | null, home: Home | null, me: string | null | undefined): Someone[] {
  if (left) return [{ key: left.for_person_id, words: left.for_name, own: true }]
  return (home?.people ?? []).map((one) => ({ key: one.person_id, words: `${one.name}${nearness(one, me)}`, own: one.person_id === me }))
}

function nearness(one: Home['people'][number], me: string | null | undefined): string {
  const words = one.person_id === me ? '我自己' : one.relation
  return words ? `（${words}）` : ''
}

export interface HelpingDeed { key: string; words: string; icon: string; page: string }
const DEEDS: (HelpingDeed & { power: string })[] = [
  { key: 'report', power: 'report', words: '帮他说事', icon: 'microphone', page: 'report' },
  { key: 'matters', power: 'report', words: '看办到哪了', icon: 'list-checks', page: 'matters' },
  { key: 'deed', power: 'deed', words: '帮他报好事', icon: 'hand-heart', page: 'deed' },
  { key: 'points', power: 'points', words: '看他家的积分', icon: 'coins', page: 'points' },
]

/** What one may do for somebody: what was left to one, as far as this client has a page for it. */
export function deedsFor(left: Left, pages: ReadonlySet<string>): HelpingDeed[] {
  const powers = new Set(left.powers.map((one) => one.key))
  return DEEDS.filter((one) => powers.has(one.power) && pages.has(one.page))
}

const DAY = 86_400_000
export const TERMS = [
  { days: 30, words: '一个月' },
  { days: 91, words: '三个月' },
  { days: 182, words: '半年' },
  { days: 365, words: '一年' },
]

/** The last day of a term, as 2026-12-01. */
export function lastDay(now: number, days: number): string {
  const day = dayOf(now + days * DAY)
  return `${day.year}-${String(day.month).padStart(2, '0')}-${String(day.day).padStart(2, '0')}`
}

/** 到2027年5月31日: the last day counts in full, so the moment before its end is told. */
export function untilWords(until: string): string {
  const day = dayOf(Date.parse(until) - 1)
  return `到 ${day.year}年${day.month}月${day.day}日`
}

const WAYS: Record<string, string> = { own: '本人托的', household: '家里人托的', paper: '纸上签的字' }
export function wayWords(way: string): string {
  return WAYS[way] ?? ''
}
