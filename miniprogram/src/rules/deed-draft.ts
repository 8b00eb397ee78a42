/** A good deed while it is written: what it holds, what it still lacks, and how it travels. */
import type { KindItem } from './deeds'

export type DeedKind = 'deed' | 'star_household'
export interface Praised { household: string | null; person: string | null; code: string | null; name: string; place: string }
export interface DeedDraft {
  isOther: boolean | null
  praised: Praised | null
  items: string[]
  doneOn: string
  voice: string[]
  files: string[]
  words: string
  agreed: boolean
  plate: boolean
}
export type Part = 'who' | 'items' | 'photo' | 'words'

export const MOST_DEED_PICTURES = 6
export const emptyDeed = (): DeedDraft => ({ isOther: null, praised: null, items: [], doneOn: '', voice: [], files: [], words: '', agreed: false, plate: false })

const LACKS: Record<Part, string> = {
  who: '先选夸谁家的。',
  items: '选一样，做的是哪一类。',
  photo: '这一样要配一张照片，拍一张就行。',
  words: '说一段，或者写两句：做了什么，在哪里。',
}

/** The first thing that is missing, where it is, and what to do about it; null when it can go. */
export function lacking(draft: DeedDraft, items: readonly KindItem[], needsWho: boolean): { part: Part; words: string } | null {
  const missing = partLacking(draft, items, needsWho)
  return missing && { part: missing, words: LACKS[missing] }
}

function partLacking(draft: DeedDraft, items: readonly KindItem[], needsWho: boolean): Part | null {
  if (needsWho && (draft.isOther === null || (draft.isOther && !draft.praised))) return 'who'
  if (!draft.items.length) return 'items'
  if (!draft.voice.length && !draft.words.trim()) return 'words'
  const needsPhoto = items.some((item) => draft.items.includes(item.key) && item.needs_photo)
  return needsPhoto && !draft.files.length ? 'photo' : null
}

/** One more or one less, at most so many; where only one may be chosen, the new one takes its place. */
export function toggled(items: readonly string[], key: string, most: number): string[] {
  if (items.includes(key)) return items.filter((one) => one !== key)
  return most === 1 ? [key] : items.length < most ? [...items, key] : [...items]
}

export function bodyOf(draft: DeedDraft, kind: DeedKind): Record<string, unknown> {
  const praised = draft.isOther ? draft.praised : null
  const whose = praised?.household ? { household_id: praised.household, doer_id: praised.person } : praised?.code ? { door_code: praised.code } : {}
  return {
    kind, items: [...draft.items], words: draft.words.trim(), ...whose, ...(draft.doneOn ? { done_on: draft.doneOn } : {}),
    voice_id: draft.voice[0] ?? null, has_picture_consent: !praised && draft.agreed, has_plate_consent: !praised && draft.plate,
  }
}
