/** A visit that is being written: every change is kept, so that a killed app goes on where it was. */
import { defineStore } from 'pinia'
import { reactive, ref, toRaw } from 'vue'
import { addressOf, takePictures, type Bytes } from '@/platform/pictures'
import { now } from '@/platform/clock'
import { shelf } from '@/platform/shelf'
import { newId } from '@/rules/ids'
import type { Theme } from '@/rules/themes'
import { useMe } from './me'
import { useOutbox } from './outbox'

export interface Draft {
  id: string
  voices: string[]
  themes: Theme[]
  note: string
  files: string[]
  shares: boolean
  words: string
  agreed: boolean
}
export interface Door { household: string | null; token: string | null; title: string }

/** Nine files go with a visit: pictures, and what was said. */
export const MOST_FILES = 9
const empty = (): Draft => ({ id: '', voices: [], themes: [], note: '', files: [], shares: false, words: '', agreed: false })

export const useDraft = defineStore('draft', () => {
  const me = useMe()
  const outbox = useOutbox()
  const draft = reactive<Draft>(empty())
  const shown = ref<Record<string, string>>({})
  let key = ''

  /** Take up the draft of this door, or begin one. */
  async function begin(door: Door): Promise<void> {
    key = `${me.owner}.${door.household ?? door.token ?? ''}`
    await outbox.open()
    Object.assign(draft, empty(), await shelf.get<Draft>('drafts', key))
    if (outbox.items.some((item) => item.id === draft.id)) Object.assign(draft, empty()) // it was written down, and the app died before the draft went
    draft.id ||= newId(now())
    shown.value = {}
    for (const id of draft.files) await show(id)
  }

  async function show(id: string): Promise<void> {
    const bytes = await shelf.get<Bytes>('bytes', id)
    if (bytes) shown.value = { ...shown.value, [id]: addressOf(bytes) }
  }

  async function keep(): Promise<void> {
    await shelf.put('drafts', key, JSON.parse(JSON.stringify(toRaw(draft))))
  }

  async function toggle(theme: Theme): Promise<void> {
    draft.themes = draft.themes.includes(theme) ? draft.themes.filter((one) => one !== theme) : [...draft.themes, theme]
    await keep()
  }

  async function addPictures(): Promise<void> {
    for (const bytes of await takePictures(MOST_FILES - draft.files.length - draft.voices.length)) {
      const id = await outbox.addPicture(bytes)
      draft.files = [...draft.files, id]
      await show(id)
      await keep()
    }
  }

  async function dropPicture(id: string): Promise<void> {
    draft.files = draft.files.filter((one) => one !== id)
    await outbox.removeFile(id)
    await keep()
  }

  async function setVoices(voices: string[]): Promise<void> {
    draft.voices = voices
    await keep()
  }

  /** Write it down: from here on the queue answers for it. Answers the visit's id, under which other things can be said of it. */
  async function finish(door: Door): Promise<string> {
    const { id } = draft
    const share = draft.shares && draft.words.trim() ? { words: draft.words.trim(), file_ids: draft.agreed ? [...draft.files] : [], has_picture_consent: draft.agreed } : null
    const body = {
      household_id: door.household, door_code: door.token, visited_at: new Date(now()).toISOString(),
      themes: [...draft.themes], note: draft.note.trim(), ...(share ? { share } : {}),
    }
    await outbox.add({ id, kind: 'visit', title: door.title, household: door.household, body, files: [...draft.files, ...draft.voices] })
    await shelf.drop('drafts', key)
    Object.assign(draft, empty())
    return id
  }

  return { draft, shown, begin, keep, toggle, addPictures, dropPicture, setVoices, finish }
})
