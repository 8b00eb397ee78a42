/** Matters as people see them: how one stands in a word, in which group it waits, what happened in it. */
import type { Schema } from '@/api/types'
import { beforeWords, readClock, untilWords } from './clock'
import { dayOf, gapAfter, whenWords } from './words'

export type Brief = Schema<'BriefShape'>
export type Matter = Schema<'CaseShape'>
export type Happening = Schema<'HappeningShape'>
export type Offer = Schema<'MoveOfferShape'>

export interface Chip { look: string; icon: string; words: string }

const ENDED: Record<string, Chip> = {
  solved: { look: 'done', icon: 'check-circle-fill', words: '解决了' },
  failed: { look: 'plain', icon: 'x-circle', words: '没办成' },
  withdrawn: { look: 'plain', icon: 'arrow-u-up-left', words: '不用办了' },
  refused: { look: 'plain', icon: 'signpost', words: '不归这里办' },
  merged: { look: 'plain', icon: 'git-merge', words: '并到一起了' },
}

/** The chip of a matter; `isConcerned` is whoever waits for it, not whoever works on it. */
export function chipOf(one: Brief, now: number): Chip {
  if (one.outcome) return ENDED[one.outcome] ?? ENDED.failed!
  if (one.phase === 'word') return one.is_mine ? { look: 'yours', icon: 'chat-circle-dots', words: '等您说' } : { look: 'wait', icon: 'chat-circle-dots', words: '等回话' }
  if (one.is_late || readClock(one, now)?.mood === 'late') return { look: 'late', icon: 'clock-fill', words: '过点了' }
  if (one.phase === 'asked') return { look: 'wait', icon: 'clock', words: one.is_mine ? '等您接' : '等人接' }
  return { look: 'doing', icon: 'footprints', words: one.is_mine ? '等您办' : '正在办' }
}

/** What a matter is called: the words of whoever raised it, else what kind of thing it is. */
export function titleOf(one: Brief): string {
  return one.words || `${one.category_name}的事`
}

/** What may be the same matter, as far as a card shows it: all when they are few, else only those told in the same words. */
export function likeliest(found: Schema<'NearShape'>, most: number): Brief[] {
  return found.cases.length > most ? found.cases.slice(0, Math.min(most, found.alike)) : found.cases
}

export type GroupKey = 'late' | 'today' | 'soon' | 'later' | 'others'
export interface Group { key: GroupKey; title: string; matters: Brief[] }
const GROUPS: [GroupKey, string][] = [['late', '过点了'], ['today', '今天'], ['soon', '三天内'], ['later', '往后'], ['others', '别人在办，您知道就好']]

/** A desk by its deadlines; what waits for somebody else comes last. */
export function inGroups(queue: readonly Brief[], now: number): Group[] {
  const sorted = [...queue].sort((a, b) => dueOf(a) - dueOf(b))
  return GROUPS.map(([key, title]) => ({ key, title, matters: sorted.filter((one) => groupOf(one, now) === key) })).filter((group) => group.matters.length)
}

function groupOf(one: Brief, now: number): GroupKey {
  const due = dueOf(one)
  const days = dayOf(Math.min(due, 8.64e15)).number - dayOf(now).number
  if (one.is_late || due <= now) return 'late'
  if (!one.is_mine) return 'others'
  if (days <= 0) return 'today'
  return days <= 3 ? 'soon' : 'later'
}

function dueOf(one: Brief): number {
  return one.due_at ? Date.parse(one.due_at) : 4e15
}

/** What whoever waits may look forward to, and when: 明天 18:00 前有回话. */
export function hopeWords(one: Brief, now: number): string {
  const reading = readClock(one, now)
  if (!reading || !one.due_at || one.outcome) return ''
  const what = { asked: '有回话', working: '办好', word: '说一声好没好', ended: '' }[one.phase]
  if (reading.mood === 'late' && one.phase === 'word') return ''
  return reading.mood === 'late' ? `该在${gapAfter(untilWords(Date.parse(one.due_at), now))}前${what}，在催了` : `${beforeWords(one.due_at, now)}${what}`
}

/** A matter in the list of whoever raised it: where, about what, and until when; the names of stages are for those who work on it. */
export function whereItStands(one: Brief, now: number): string {
  return [one.place, one.category_name, hopeWords(one, now)].filter(Boolean).join(' · ')
}

/** Why a matter stands in somebody's list, in one line. */
export function whyHere(one: Brief, now: number): string {
  const reading = readClock(one, now)
  const until = reading && one.due_at ? (reading.mood === 'late' ? `该在${gapAfter(untilWords(Date.parse(one.due_at), now))}前` : beforeWords(one.due_at, now)) : ''
  return [one.place, one.category_name, one.stage_name + (until ? `，${until}` : '')].filter(Boolean).join(' · ')
}

/** The four stops of the short line on the home page. */
export function shortLine(one: Brief): { words: string; state: 'on' | 'now' | 'next' }[] {
  const at = { asked: 1, working: 2, word: 3, ended: 4 }[one.phase]
  return ['您说了', '有人接了', '正在办', '您说了算'].map((words, place) => ({
    words: place === 1 && at === 1 ? '等人接' : words, state: place < at ? 'on' : place === at ? 'now' : 'next',
  }))
}

export interface Stop {
  id: string
  state: 'on' | 'up' | 'now' | 'next' | 'no'
  icon: string
  when: string
  what: string
  quotes: string[]
  facts: string[]
  pictures: string[]
  voices: string[]
}

/** One stop of a line, with what is particular to it. */
export const stop = (id: string, more: Partial<Stop>): Stop => ({ id, state: 'on', icon: 'check', when: '', what: '', quotes: [], facts: [], pictures: [], voices: [], ...more })

/** What happened, one stop each; what only the machine did and nobody needs to know stays out. */
export function stopsOf(matter: Matter, now: number): Stop[] {
  const told = matter.timeline.filter((one) => one.kind !== 'reminded')
  return told.map((one, place) => stop(one.id, {
    state: one.kind === 'climbed' ? 'up' : 'on',
    icon: ICONS[one.kind] ?? 'check',
    when: [whenWords(one.at, now), place ? gapWords(Date.parse(one.at) - Date.parse(told[place - 1]!.at)) : ''].filter(Boolean).join(' · '),
    what: whatWords(one),
    ...saidIn(one.said),
  }))
}

const ICONS: Record<string, string> = { climbed: 'arrow-up', urged: 'bell', extended: 'clock', joined: 'git-merge', stuck: 'hourglass-medium' }

function saidIn(forms: Happening['said']): Pick<Stop, 'quotes' | 'facts' | 'pictures' | 'voices'> {
  const lines = forms.flatMap((form) => form.lines)
  return {
    quotes: lines.filter((line) => line.type === 'text').map((line) => `“${line.text}”`),
    facts: lines.filter((line) => line.text && line.type !== 'text').map((line) => `${line.name}：${line.type === 'date' ? dayWords(line.text) : line.text}`),
    pictures: lines.filter((line) => line.type === 'photos').flatMap((line) => line.file_ids),
    voices: lines.filter((line) => line.type === 'voice').flatMap((line) => line.file_ids),
  }
}

function dayWords(day: string): string {
  const [, month, date] = day.split('-').map(Number)
  return `${month}月${date}日`
}

/** What a person did, in words. */
export function whatWords(one: Happening): string {
  const who = (one.is_me ? '您' : one.by_name || one.party_name) + (one.through_name ? `（${one.through_name}帮着点的）` : '')
  if (one.kind === 'opened') return `${who}说了这件事`
  if (one.kind === 'climbed') return `${climbedBy(one)}，${one.office ? `往上找了${one.office}` : '接着往上找'}`
  if (one.kind === 'urged') return `${who}催了一下`
  if (one.kind === 'extended') return `${who}说还要几天`
  if (one.kind === 'joined') return '有人也说了这件事，并到一起办'
  if (one.kind === 'stuck') return '一时没有合适的人，接着找'
  if (one.kind === 'left') return `${who}说自己那份不用办了`
  return one.by_name || one.is_me ? `${who}：${one.move_name}` : one.move_name
}

/** Time has run out, or a move led up the ladder: “没解决”. */
function climbedBy(one: Happening): string {
  const why = String(one.detail.why ?? '')
  return why.startsWith('“') ? `因为${why}` : '没人应'
}

/** 25 分钟后, 3 小时后, 2 天后; nothing for what came at once. */
export function gapWords(length: number): string {
  const minutes = Math.round(length / 60_000)
  if (minutes < 1) return ''
  if (minutes < 60) return `${minutes} 分钟后`
  return minutes < 1440 ? `${Math.round(minutes / 60)} 小时后` : `${Math.round(minutes / 1440)} 天后`
}

/** Who has the place that is waited on. */
export function holdersOf(matter: Matter): string {
  return matter.people.filter((one) => one.party === matter.waits_on && one.name).map((one) => one.name).join('、')
}

/** Where it stands now, and what comes after: the ring and the dashed stop at the end of the line. */
export function openStops(matter: Matter, now: number): Stop[] {
  if (matter.phase === 'ended') return []
  const who = holdersOf(matter)
  const promised = matter.promised_at ? [`答应：${beforeWords(matter.promised_at, now)}办好`] : []
  if (matter.phase === 'word') return [stop('now', { state: 'now', icon: '', when: '现在', what: matter.is_mine ? '等您说一声，好了没有' : `等${who || '乡亲'}说好没好` })]
  const isConcerned = matter.urge_from !== null
  const step = isConcerned ? '' : `：${matter.stage_name}`
  const what = matter.is_mine ? (matter.phase === 'asked' ? '等您接' : `等您办${step}`) : matter.phase === 'asked' ? `等${who || '人'}来接` : `${who || '有人'}在办${step}`
  return [
    stop('now', { state: 'now', icon: '', when: '现在', what, facts: promised }),
    stop('next', { state: 'next', icon: 'chat-circle-dots', when: isConcerned ? '您说好了才算完' : '乡亲说好了才算完', what: isConcerned ? '办好以后，请您看一眼' : '办好以后，请乡亲看一眼' }),
  ]
}

/** What stands under the clock: who is told if nobody acts; whoever has the matter in hand is not told that nobody need run. */
export function climbWords(matter: Matter): string {
  const next = matter.clock?.stops.find((one) => !one.is_told)
  if (matter.clock?.state === 'paused') return '这一段不算时间，等有了回音接着算。'
  const isConcerned = matter.urge_from !== null
  if (matter.phase === 'word') return matter.is_mine ? '不急，看清楚了再说。' : '等乡亲看清楚了再说。'
  if (next) return `到点没动，会自动找${next.office}${isConcerned ? '，不用您跑' : ''}。`
  return `一直有人盯着，直到${isConcerned ? '您' : '乡亲'}说好了。`
}

/** The category that what was said points to: long words weigh more and are heard first, no letter counts twice; when two are even, what was named first. */
export function suggested(categories: readonly Schema<'CategoryShape'>[], text: string): string | null {
  const words = categories.flatMap((one) => one.words.map((word) => ({ key: one.key, word }))).sort((a, b) => b.word.length - a.word.length)
  const heard = new Map<string, { weight: number; from: number }>()
  let rest = text
  for (const { key, word } of words) {
    if (!rest.includes(word)) continue
    const before = heard.get(key) ?? { weight: 0, from: text.length }
    heard.set(key, { weight: before.weight + word.length, from: Math.min(before.from, rest.indexOf(word)) })
    rest = rest.split(word).join(' '.repeat(word.length))
  }
  const [best] = [...heard].sort(([, a], [, b]) => b.weight - a.weight || a.from - b.from)
  return best?.[0] ?? null
}
