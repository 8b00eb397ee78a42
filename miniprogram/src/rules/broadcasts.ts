/** Telling everybody, without a phone: who gets it in words, how far it has been read, and what one may still do about it. */
import type { Schema } from '@/api/types'

type Reach = Pick<Schema<'AudienceReachShape'>, 'people' | 'unreachable'>
type Broadcast = Pick<Schema<'BroadcastShape'>, 'state' | 'told' | 'read'>

/** Who will get it, before it is sent. */
export function reachWords(reach: Reach): string {
  if (!reach.people) return '这里没有这样的人，换一个范围。'
  const rest = reach.unreachable ? `其中 ${reach.unreachable} 人自己没有微信和电话，要请家里人带个话。` : '个个都通知得到。'
  return `会有 ${reach.people} 人收到，${rest}`
}

/** How far it has been read, as a whole number of a hundred. */
export function readShare(one: Broadcast): number {
  return one.told ? Math.max(one.read ? 1 : 0, Math.round((100 * one.read) / one.told)) : 0
}

export function readWords(one: Broadcast): string {
  if (one.state === 'checking') return '正在看有没有不能公开说的话，几分钟就发出去'
  if (one.state === 'held') return '没发出去：有的话不能公开说。换个说法再写一次'
  return one.read === one.told ? `${one.told} 人都看过了` : `${one.told} 人里 ${one.read} 人看过了`
}

/** Places to offer: all when they are few, else those whose name has the words in it, and always the one that is chosen. */
export function placesLike<Place extends { path: string; name: string }>(places: Place[], words: string, chosen: string): Place[] {
  if (places.length <= 8) return places
  const meant = words.trim()
  return places.filter((one, at) => one.path === chosen || (meant ? one.name.includes(meant) : at < 1))
}
