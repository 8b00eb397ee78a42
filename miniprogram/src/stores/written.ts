/** A form that is being filled in: every change is kept, so that a killed app goes on where it was. */
import { reactive, toRaw } from 'vue'
import { shelf } from '@/platform/shelf'
import type { Values } from '@/rules/forms'
import { useMe } from './me'
import { useOutbox } from './outbox'

interface Kept { values: Values; picked: string }

/** One form of a page; `begin` names what it is about. */
export function useWritten() {
  const me = useMe()
  const outbox = useOutbox()
  const written = reactive<Kept>({ values: {}, picked: '' })
  let key = ''

  async function begin(about: string, first: Values = {}): Promise<void> {
    key = `${me.owner}.${about}`
    await outbox.open()
    const kept = await shelf.get<Kept>('drafts', key)
    written.values = { ...first, ...kept?.values }
    written.picked = kept?.picked ?? ''
  }

  async function keep(): Promise<void> {
    await shelf.put('drafts', key, JSON.parse(JSON.stringify(toRaw(written))))
  }

  async function fill(values: Values): Promise<void> {
    written.values = values
    await keep()
  }

  async function pick(category: string): Promise<void> {
    written.picked = category
    await keep()
  }

  /** Once the queue answers for it. */
  async function done(): Promise<void> {
    await shelf.drop('drafts', key)
    written.values = {}
    written.picked = ''
  }

  return { written, begin, fill, pick, done }
}
