/** Telling everybody, without a phone: who gets it in words, how far it has been read, and what one may still do about it. */
import type { Schema } from '@/api/types'

type Reach = Pick<Schema<'AudienceReachShape'>, 'people' | 'unreachable'>
type Broadcast = Pick<Schema<'BroadcastShape'>, 'state' | 'told' | 'read' | 'why' | 'is_telling'>

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

const NOT_OUT: Record<string, (one: Broadcast) => string> = {
  checking: () => '等检查：看有没有不能公开说的话，过了自己就发，不用再写',
  held: () => '等检查：有的话拿不准，请村镇干部看一眼，看过自己就发，不用再写',
  refused: (one) => `没通过：${one.why || '有的话不能公开说'}。换个说法再写一条`,
  withdrawn: () => '您收回了，谁也没收到',
}

/** Where one stands: what it waits for, why it did not go out, or how far it has been read. */
export function readWords(one: Broadcast): string {
  const notOut = NOT_OUT[one.state]
  if (notOut) return notOut(one)
  if (one.is_telling) return `正在一批一批发，已经告诉了 ${one.told} 人`
  return one.read === one.told ? `${one.told} 人都看过了` : `${one.told} 人里 ${one.read} 人看过了`
}

/** Places to offer: all when they are few, else those whose name has the words in it, and always the one that is chosen. */
export function placesLike<Place extends { path: string; name: string }>(places: Place[], words: string, chosen: string): Place[] {
  if (places.length <= 8) return places
  const meant = words.trim()
  return places.filter((one, at) => one.path === chosen || (meant ? one.name.includes(meant) : at < 1))
}
