/** Good deeds and stars in words: where one stands, what has happened, what comes next, and what a rule gives. */
import type { Schema } from '@/api/types'
import { stop, type Stop } from './matters'
import { dayOf, dayWords, whenWords } from './words'

export type Stage = Schema<'Stage'>
export type Kind = Schema<'AppraisalKindShape'>
export type KindItem = Schema<'ItemShape'>
export type Followed = Schema<'FollowedShape'>
export interface Face { words: string; look: string; icon: string }

export const STAGES: Record<Stage, Face> = {
  checking: { words: '等初审', look: 'wait', icon: 'clock' },
  trial: { words: '正在看', look: 'doing', icon: 'footprints' },
  judging: { words: '正在评', look: 'doing', icon: 'scales' },
  short: { words: '等人评', look: 'wait', icon: 'clock' },
  published: { words: '正在公示', look: 'doing', icon: 'megaphone' },
  objected: { words: '有人提意见', look: 'wait', icon: 'chat-circle-dots' },
  in_force: { words: '生效了', look: 'done', icon: 'check' },
  refused: { words: '没通过', look: 'plain', icon: 'x' },
  withdrawn: { words: '撤回了', look: 'plain', icon: 'x' },
  declined: { words: '说不用了', look: 'plain', icon: 'hand-heart' },
}
const PER: Record<string, string> = { event: '每次', month: '每月', quarter: '每季', year: '每年' }
const ENDED = new Set<Stage>(['in_force', 'refused', 'withdrawn', 'declined'])

export const hasEnded = (stage: Stage): boolean => ENDED.has(stage)
export const namesOf = (items: readonly { name: string }[]): string => items.map((item) => item.name).join('、')

/** 每次 5–10 分，每月最多 30 分. */
export function ruleWords(item: Pick<KindItem, 'points' | 'cap' | 'per'>): string {
  const [least, most] = item.points
  if (!most) return ''
  const once = least === most ? `每次 ${most} 分` : `每次 ${least}–${most} 分`
  return item.cap ? `${once}，${PER[item.per] ?? ''}最多 ${item.cap} 分` : once
}

/** The points to pick from: all of a short range, else five steps with both ends. */
export function choicesIn([least, most]: readonly [number, number]): number[] {
  const wide = most - least
  if (wide <= 5) return Array.from({ length: wide + 1 }, (_, step) => least + step)
  return [...new Set([0, 1, 2, 3, 4].map((step) => least + Math.round((wide * step) / 4)))]
}

/** 今天 20:00 前, 明天 9:00 前, 11月26日 20:00 前. */
export function untilWords(moment: string | null, now: number): string {
  if (!moment) return ''
  const then = dayOf(Date.parse(moment))
  const apart = then.number - dayOf(now).number
  const day = apart === 0 ? '今天' : apart === 1 ? '明天' : `${then.month}月${then.day}日`
  return `${day} ${then.hour}:${String(then.minute).padStart(2, '0')} 前`
}

/** What comes after one sends it, as the rules of the kind say. */
export function aheadOf(kind: Kind): Stop[] {
  const stops: Stop[] = []
  if (kind.check_working_days) stops.push(stop('checking', { state: 'next', icon: 'eye', what: '先看一遍', when: `${kind.check_by}，${kind.check_working_days} 个工作日内` }))
  if (kind.trial_days) stops.push(stop('trial', { state: 'next', icon: 'footprints', what: `看 ${kind.trial_days} 天`, when: `这期间至少上门看 ${kind.trial_looks} 回` }))
  stops.push(stop('judging', { state: 'next', icon: 'scales', what: '评议会评一评', when: `抽 ${kind.panel_size} 个人，${kind.panel_least_yes} 个人同意才算；自家人要回避` }))
  stops.push(stop('published', { state: 'next', icon: 'megaphone', what: `贴出来 ${kind.publish_days} 天`, when: `${kind.gives === 'points' ? '大家没意见，才加分' : '大家没意见，称号才算'}；最后一天放假就顺延` }))
  return stops
}

const WAYS: Record<string, string> = { villager: '自家报上来的', neighbour: '邻居报上来的', member: '联户党员报上来的' }
const NOW: Partial<Record<Stage, string>> = {
  checking: '等初审看一遍',
  trial: '正在看，会有人上门',
  judging: '评议员正在评',
  short: '评议员不够，等村里补人',
  published: '正在公示，听大家的意见',
  objected: '有人提了意见，正在重新看',
}
const ORDER = ['checking', 'trial', 'judging', 'published']
const PLACE: Partial<Record<Stage, string>> = { short: 'judging', objected: 'published' }

type Line = Followed['timeline'][number]
type Told = { what: string; words?: string; no?: boolean } | null
interface Facts {
  way?: string; is_fine?: boolean; days?: number; looks?: number; missing?: number; drawn?: number; candidates?: number; until?: string
  reason?: string; is_upheld?: boolean; is_yes?: boolean; is_review?: boolean; yes?: number; no?: number; points?: number; claimed?: number; given?: number; through?: string
}

/** One line of the past as people say it; null for what the next line says better. */
function told(line: Line, now: number): Told {
  const facts = line.detail as Facts
  switch (line.step) {
    case 'declared': return { what: (WAYS[facts.way ?? ''] ?? '报上来了') + (facts.through ? `（${facts.through}帮着点的）` : '') }
    case 'checked': return facts.is_fine ? { what: '初审看过了' } : null
    case 'check_late': return { what: '初审还没看，催过了' }
    case 'trial_began': return { what: `开始看 ${facts.days} 天`, words: `要上门看 ${facts.looks} 回` }
    case 'looked_in': return { what: '有人上门看过一回' }
    case 'trial_short': return { what: `还差 ${facts.missing} 回没看，催过了` }
    case 'panel_drawn': return { what: `抽了 ${facts.drawn} 位评议员`, words: `从 ${facts.candidates} 个人里抽的，自家人、亲戚不在里面` }
    case 'seat_replaced': return { what: `换了 ${facts.drawn} 位评议员` }
    case 'panel_short': return { what: `评议员还差 ${facts.missing} 位`, words: '已经告诉村里补人' }
    case 'judged': return judged(facts)
    case 'published': return { what: '贴出来了', words: `贴到${untilWords(facts.until ?? null, now).replace(/ 前$/, '')}` }
    case 'objected': return { what: '有人提了意见', words: facts.reason }
    case 'answer_late': return { what: '答复晚了，催过了' }
    case 'answered': return { what: facts.is_upheld ? '查过了，结果改过来了' : '查过了，结果不变' }
    case 'in_force': return { what: gained(facts) }
    case 'refused': return { what: '这次没通过', words: facts.reason, no: true }
    case 'withdrawn': return { what: '报的人撤回了', no: true }
    case 'declined': return { what: '这家说谢谢，不用了', words: '就到这里：不评、不贴、不加分，也没有告诉别人。这份心意记下了。' }
    default: return null
  }
}

function judged(facts: Facts): Told {
  const { yes = 0, no = 0, points = 0 } = facts
  const result = facts.is_yes ? [points ? `${points} 分` : '', facts.reason].filter(Boolean).join(' · ') : facts.reason
  return { what: `${facts.is_review ? '重新评过：' : ''}${yes + no} 人评，${yes} 人同意`, words: result }
}

function gained(facts: Facts): string {
  const { claimed = 0, given = 0, until = '' } = facts
  if (until) return `称号有了，到 ${until.replace(/-/g, '.')}`
  return given < claimed ? `评了 ${claimed} 分，到上限了，记 ${given} 分` : `记上 ${given} 分`
}

/** The whole line of one appraisal: what was, what is now, what comes. */
export function lineOf(seen: Followed, kind: Kind | null, now: number): Stop[] {
  const past = seen.timeline.flatMap((line, place): Stop[] => {
    const said = told(line, now)
    return said ? [stop(`${place}`, { state: said.no ? 'no' : 'on', icon: said.no ? 'x' : 'check', what: said.what, facts: said.words ? [said.words] : [], when: whenWords(line.at, now) })] : []
  })
  const here = NOW[seen.stage]
  if (!here) return past
  const due = seen.stage === 'published' ? seen.publish_until : seen.due_at
  const words = due ? [`${untilWords(due, now)}${seen.stage === 'published' ? '没有意见，就算数' : ''}`] : []
  return [...past, stop('now', { state: 'now', icon: '', what: here, facts: words }), ...left(seen.stage, kind)]
}

function left(stage: Stage, kind: Kind | null): Stop[] {
  const place = ORDER.indexOf(PLACE[stage] ?? stage)
  return kind ? aheadOf(kind).filter((one) => ORDER.indexOf(one.id) > place) : []
}

/** A line to listen to: what happened last, and what is now. */
export function lineSaid(stops: Stop[]): string {
  const done = stops.filter((one) => one.state === 'on' || one.state === 'no').at(-1)
  const here = stops.find((one) => one.state === 'now')
  return [done && `${done.what}。`, here && `现在${here.what}。`].filter(Boolean).join('')
}

/** 今天, 昨天, 前天, 11月3日, for days before now. */
export function agoWords(days: number, now: number): string {
  if (days < 3) return ['今天', '昨天', '前天'][days]!
  const then = dayOf(now - days * 86_400_000)
  return `${then.month}月${then.day}日`
}

/** 2026-11-23, so many days before now. */
export function dateAgo(days: number, now: number): string {
  const then = dayOf(now - days * 86_400_000)
  return `${then.year}-${String(then.month).padStart(2, '0')}-${String(then.day).padStart(2, '0')}`
}

/** How a panel voted, in one line: 3 人都同意, or 2 人同意，1 人不同意（分给多了）. */
export function votesWords(voices: readonly { is_yes: boolean; reason: string }[]): string {
  const no = voices.filter((voice) => !voice.is_yes)
  if (!no.length) return `${voices.length} 人都同意`
  const why = [...new Set(no.map((voice) => voice.reason))].filter(Boolean).join('、')
  return `${voices.length - no.length} 人同意，${no.length} 人不同意${why ? `（${why}）` : ''}`
}

/** What the panel is shown of the day. */
export const doneWords = (day: string): string => `${dayWords(day)}做的`
