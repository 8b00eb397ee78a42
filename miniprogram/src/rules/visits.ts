/** One visit and what was said of it afterwards, in words; and which words of a queue are about which visit. */
import type { Schema } from '@/api/types'
import type { Item } from './outbox'
import { themeWords } from './themes'

export type Visit = Schema<'VisitShape'>
export type WholeVisit = Schema<'VisitWithHistory'>
type Told = Schema<'ToldShape'>
type Story = Pick<Visit, 'themes' | 'note' | 'problems'>

const PROOFS: Record<Visit['proof'], string> = { scanned: '扫过门牌', one_sided: '等这家说一声', confirmed: '这家说来过', denied: '这家说没来' }

const OURS: Partial<typeof PROOFS> = { one_sided: '等您说一声', confirmed: '您家说来过', denied: '您家说没来' }

/** How sure a visit is, for its visitor or for the household itself. */
export function proofWords(proof: Visit['proof'], isOurs: boolean): string {
  return (isOurs && OURS[proof]) || PROOFS[proof]
}
const TOLD: Record<Told['kind'], string> = { correct: '改了一次', void: '作废了', note: '补了一条' }
const AFTERWARDS = ['visit_correction', 'visit_void', 'visit_note']

/** What was talked about and written, in one breath. */
export function storyWords(story: Story): string {
  return [themeWords(story.themes), story.note, ...story.problems].filter(Boolean).join('。')
}

export function toldTitle(told: Told): string {
  return `${told.by_name || '村里'}${TOLD[told.kind]}`
}

/** What stands under that title: the words of a note, why it was void, or what it says now. */
export function toldWords(told: Told): string {
  return told.story ? storyWords(told.story) || '什么也没写' : told.words
}

/** What this phone has written about a visit and the server has not taken. */
export function keptAbout(items: Item[], visit: string): Item[] {
  return items.filter((item) => AFTERWARDS.includes(item.kind) && item.body.visit_id === visit && item.state !== 'received')
}

/** A correction that came too late, as the note that is still welcome; nothing when it says nothing. */
export function asNote(item: Item): string {
  const body = item.body as Partial<Story> & { reason?: string; words?: string }
  if (item.kind === 'visit_void') return body.reason ? `这次应该作废：${body.reason}` : ''
  if (item.kind !== 'visit_correction') return ''
  const words = storyWords({ themes: body.themes ?? [], note: body.note ?? '', problems: body.problems ?? [] })
  return words ? `应该是：${words}` : ''
}
