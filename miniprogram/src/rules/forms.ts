/** Forms drawn from a kind: what still has to be filled in, what is sent, which files go along. */
import type { Schema } from '@/api/types'

export type Field = Schema<'FieldShape'>
export type Values = Record<string, string | string[]>

/** The first thing that is missing, as a sentence; null when it can be sent. */
export function missing(fields: readonly Field[], values: Values): { key: string; says: string } | null {
  const field = fields.find((one) => one.required && !isFilled(values[one.key]))
  return field ? { key: field.key, says: ASKS[field.type]?.(field.name) ?? `“${field.name}”还没填，填一下就能送。` } : null
}

const pick = (name: string) => `“${name}”还没选，点一个就能送。`
const ASKS: Record<string, (name: string) => string> = {
  choice: pick, unit: pick, units: pick, date: pick, person: pick, case: pick,
  photos: (name) => `“${name}”还没拍，拍一张就能送。`,
}

export function isFilled(value: string | string[] | undefined): boolean {
  return Array.isArray(value) ? value.some((one) => one.trim() !== '') : Boolean(value?.trim())
}

/** Somebody whom a form may name; `own` is whoever it is filled in for. */
export interface Someone { key: string; words: string; own?: boolean }

/** Whom a field may name: nobody twice, and oneself only where somebody must be named. */
export function offered(field: Field, fields: readonly Field[], values: Values, people: readonly Someone[]): Someone[] {
  const taken = new Set(fields.filter((one) => one.type === 'person' && one.key !== field.key).flatMap((one) => values[one.key] ?? []))
  return people.filter((one) => !taken.has(one.key) && (field.required || !one.own))
}

/** A kind that must name somebody is nothing for whoever has nobody to name. */
export function needsSomeone(fields: readonly Field[]): boolean {
  return fields.some((one) => one.type === 'person' && one.required)
}

/** Where only one can be named, he is. */
export function theOnly(fields: readonly Field[], people: readonly Someone[]): Values {
  const [one, other] = people
  return one && !other ? Object.fromEntries(fields.filter((field) => field.type === 'person' && field.required).map((field) => [field.key, one.key])) : {}
}

/** Whether anything was said at all: a word, a recording or a picture. */
export function saysSomething(fields: readonly Field[], values: Values): boolean {
  return fields.some((one) => ['text', 'voice', 'photos'].includes(one.type) && isFilled(values[one.key]))
}

/** What travels: only what was filled in, texts without blanks around them; one recording is one id. */
export function asForm(fields: readonly Field[], values: Values): Record<string, unknown> {
  const told = fields.filter((one) => isFilled(values[one.key])).map((one) => [one.key, sent(one, values[one.key]!)] as const)
  return Object.fromEntries(told)
}

function sent(field: Field, value: string | string[]): unknown {
  if (field.type === 'voice' && Array.isArray(value) && value.length === 1) return value[0]
  if (Array.isArray(value)) return value.map((one) => one.trim()).filter(Boolean)
  return field.type === 'number' ? Number(value) : value.trim()
}

/** The files of a form, for the queue to carry. */
export function filesIn(fields: readonly Field[], values: Values): string[] {
  return fields.filter((one) => one.type === 'voice' || one.type === 'photos').flatMap((one) => values[one.key] ?? [])
}

/** The next days to promise, as chips. */
export function daysAhead(now: number, count: number): { key: string; words: string }[] {
  const names = ['今天', '明天', '后天']
  return Array.from({ length: count }, (_, ahead) => {
    const there = new Date(now + 8 * 3_600_000 + ahead * 86_400_000)
    const key = there.toISOString().slice(0, 10)
    return { key, words: names[ahead] ?? `${there.getUTCMonth() + 1}月${there.getUTCDate()}日` }
  })
}
