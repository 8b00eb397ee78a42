/** Points in words: two numbers that are never one, and why each entry is there. */
import type { Schema } from '@/api/types'
import { ruleWords, type Followed } from './deeds'
import { stop, type Stop } from './matters'
import { dayOf, dayWords } from './words'

export type Points = Schema<'PointsShape'>
export type Entry = Schema<'PointsEntryShape'>
export type Why = Schema<'WhyShape'>

const PERIOD: Record<string, string> = { month: '这个月评的', quarter: '这一季评的', year: '今年评的' }

/** 这一季评的. */
export const scoreWords = (per: string): string => PERIOD[per] ?? '这一期评的'

/** +10, −20, 0: with the real minus sign. */
export function signed(points: number): string {
  return points > 0 ? `+${points}` : points < 0 ? `−${-points}` : '0'
}

/** 这个月多了 10 分. */
export function movedWords(points: number): string {
  if (!points) return '这个月还没有变'
  return points > 0 ? `这个月多了 ${points} 分` : `这个月少了 ${-points} 分`
}

/** Why an entry is as it is, in one line. */
export function entryWords(entry: Entry): string {
  if (entry.kind === 'reversal') return `${dayWords(entry.counted_on)} · 把记错的改过来`
  if (entry.cut_words) return `报了 ${Math.abs(entry.claimed)} 分，${entry.cut_words}`
  return `${dayWords(entry.counted_on)}做的`
}

/** What is read aloud: both numbers, and what tells them apart. */
export function pointsSaid(points: Points): string {
  const latest = points.entries[0]
  const last = latest ? `最近一笔是${latest.what}，${latest.points < 0 ? '扣了' : '加了'}${Math.abs(latest.points)}分。` : ''
  return `您家能换东西的积分是${points.balance}分。${scoreWords(points.score_per)}是${points.score}分。换东西花的是前一个，评文明户看后一个。${last}`
}

const at = (moment: string): string => {
  const day = dayOf(Date.parse(moment))
  return `${day.month}月${day.day}日`
}
const WAYS: Record<string, string> = { villager: '自家报的', neighbour: '邻居替您家报的', member: '联户党员替您家报的' }

/** An entry opened: reported, judged, posted, counted, each with its day; the rule with its range, and that a later rule changes nothing. */
export function storyOf(why: Why, seen: Followed | null): Stop[] {
  const stops: Stop[] = []
  const add = (what: string, words?: string): void => { stops.push(stop(`${stops.length}`, { what, facts: words ? [words] : [] })) }
  if (seen) {
    add(`${at(seen.declared_at)} ${WAYS[seen.way] ?? '报上来的'}`)
    const verdict = seen.timeline.filter((line) => line.step === 'judged').at(-1)
    if (verdict) {
      const facts = verdict.detail as { yes: number; no: number }
      add(`${at(verdict.at)} 评议 ${facts.yes + facts.no} 人，${facts.yes} 人同意`, why.rule_points ? `对照：${why.what}，${ruleWords({ points: why.rule_points, cap: why.rule_cap, per: why.rule_per ?? 'event' })}` : undefined)
    }
    if (seen.published_at && seen.publish_until) add(`${at(seen.published_at)}起公示 ${daysPublished(seen)}，${objectionWords(seen)}`)
  }
  add(`${at(why.at)} ${countedWords(why)}`, [why.cut_words && `报了 ${why.claimed} 分，${why.cut_words}`, why.rule_version && '按评的那时候的办法算，以后改了办法也不变'].filter(Boolean).join('。') || undefined)
  if (why.reversed_by_id) stops.push(stop('back', { state: 'no', icon: 'arrow-counter-clockwise', what: '这一笔后来改正了', facts: ['改正的那一笔也在清单里'] }))
  return stops
}

function countedWords(why: Why): string {
  if (why.kind === 'reversal') return `改正 ${signed(why.points)} 分${why.reason ? `：${why.reason}` : ''}`
  return why.points < 0 ? `扣 ${-why.points} 分` : `加 ${why.points} 分`
}

/** As many days as were said before, counted as the rule counts; a holiday at the end only lets it hang longer. */
function daysPublished(seen: Followed): string {
  const hung = dayOf(Date.parse(seen.publish_until!)).number - dayOf(Date.parse(seen.published_at!)).number
  return `${seen.publish_days} 天${hung > seen.publish_days ? '（最后一天放假，顺延了）' : ''}`
}

function objectionWords(seen: Followed): string {
  const answer = seen.timeline.filter((line) => line.step === 'answered').at(-1)
  if (!answer) return '没人提不同意见'
  return (answer.detail as { is_upheld: boolean }).is_upheld ? '有人提了意见，结果改过来了' : '有人提了意见，查过了，结果不变'
}

/** A doubt as it is read by whoever looks into it: which entry, and what is wrong. */
export function doubtWords(entry: Entry, words: string): string {
  return `积分里 ${dayWords(entry.counted_on)} “${entry.what}” ${signed(entry.points)} 分，觉得不对：${words}`
}
