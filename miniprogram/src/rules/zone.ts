/** My zone as it is walked: whom to see first, who waits this month, who was seen. */
import type { Schema } from '@/api/types'

export type ZoneHousehold = Schema<'ZoneHouseholdShape'>
export interface Groups { first: ZoneHousehold[]; owed: ZoneHousehold[]; seen: ZoneHousehold[] }

const FIRST = 2

/** The server has ordered them by need; a visit that still lies in this phone counts as done here. */
export function inGroups(households: ZoneHousehold[], kept: ReadonlySet<string>): Groups {
  const waiting = households.filter((one) => one.is_owed && !kept.has(one.id))
  return {
    first: waiting.slice(0, FIRST),
    owed: waiting.slice(FIRST),
    seen: households.filter((one) => !one.is_owed || kept.has(one.id)),
  }
}

/** Households whose head, number or group has these words. */
export function matching(households: ZoneHousehold[], words: string): ZoneHousehold[] {
  const wanted = words.trim()
  if (!wanted) return households
  return households.filter((one) => `${one.head_name} ${one.number} ${one.group_name}`.includes(wanted))
}

/** Why a household counts as seen though nobody went there this month: it is excused. */
export function isExcused(one: ZoneHousehold, today: string): boolean {
  return !one.is_owed && one.last_visited_on?.slice(0, 7) !== today.slice(0, 7)
}

/** The month in numbers, with what this phone has not sent yet. */
export function walked(total: number, owed: number, keptOwed: number): { total: number; seen: number } {
  return { total, seen: Math.min(total, total - owed + keptOwed) }
}
