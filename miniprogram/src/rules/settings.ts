/** The settings in words: what closing the account would lose, who may act for me, who looked. */
import type { Schema } from '@/api/types'
import { untilWords } from './helping'

export interface Left { points: number; matters: number; unsent: number }

/** 您还有 126 分、1 件没办完的事。 */
export function leftWords(left: Left): string {
  const parts = [left.points ? `${left.points} 分` : '', left.matters ? `${left.matters} 件没办完的事` : '', left.unsent ? `${left.unsent} 条没送到的` : ''].filter(Boolean)
  return parts.length ? `您还有 ${parts.join('、')}。` : '微信就再也对不上您了，消息和授权都没了。'
}

/** 同意过 2 项，随时可以收回。 */
export function agreedWords(count: number): string {
  return count ? `同意过 ${count} 项，随时可以收回` : '还没同意过，点开看看'
}

/** 女儿王小燕，到 2027年5月31日; and how many more. */
export function entrustedWords(given: Pick<Schema<'LeftShape'>, 'holder_name' | 'until'>[]): string {
  const [first] = given
  if (!first) return '现在没有人替您办'
  return `${first.holder_name}，${untilWords(first.until)}${given.length > 1 ? `，等 ${given.length} 人` : ''}`
}

/** How often somebody looked at my data in the month of `now`. */
export function looksThisMonth(items: Pick<Schema<'ReaderShape'>, 'at'>[], now: number): number {
  const month = (at: number) => new Date(at + 8 * 3_600_000).toISOString().slice(0, 7)
  return items.filter((one) => month(Date.parse(one.at)) === month(now)).length
}
