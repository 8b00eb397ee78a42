/** A good deed (or a star) that is being written: every change is kept, and what is sent survives the hills. */
import { defineStore } from 'pinia'
import { reactive, toRaw } from 'vue'
import { now } from '@/platform/clock'
import { shelf } from '@/platform/shelf'
import { bodyOf, emptyDeed, type DeedDraft, type DeedKind } from '@/rules/deed-draft'
import { newId } from '@/rules/ids'
import { useMe } from './me'
import { useOutbox } from './outbox'

export const useDeed = defineStore('deed', () => {
  const me = useMe()
  const outbox = useOutbox()
  const draft = reactive<DeedDraft>(emptyDeed())
  let key = ''

  /** Take up what was begun under this name, or begin. */
  async function begin(name: string): Promise<void> {
    key = `${me.owner}.appraisal.${name}`
    await outbox.open()
    Object.assign(draft, emptyDeed(), await shelf.get<DeedDraft>('drafts', key))
  }

  async function keep(): Promise<void> {
    await shelf.put('drafts', key, JSON.parse(JSON.stringify(toRaw(draft))))
  }

  async function change(facts: Partial<DeedDraft>): Promise<void> {
    Object.assign(draft, facts)
    await keep()
  }

  /** Send it: from here on the queue answers for it. */
  async function finish(kind: DeedKind, title: string): Promise<void> {
    const body = bodyOf(draft, kind)
    const household = body.household_id ? String(body.household_id) : null
    await outbox.add({ id: newId(now()), kind: 'appraisal', title, household, body, files: [...draft.files, ...draft.voice] })
    await shelf.drop('drafts', key)
    Object.assign(draft, emptyDeed())
  }

  return { draft, begin, keep, change, finish }
})
