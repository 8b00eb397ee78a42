/** The offline queue: kept in the phone before anything is sent, sent when there is a signal, a receipt for each, nothing lost. */
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { call, NoSignal, Refused } from '@/api/call'
import type { Schema } from '@/api/types'
import { now } from '@/platform/clock'
import { dropFile, sendFile, type Bytes, type FileKind } from '@/platform/files'
import { shelf } from '@/platform/shelf'
import { KINDS_FOR_OTHERS } from '@/rules/helping'
import { newId } from '@/rules/ids'
import { asSent, isForgotten, nextBatch, pause, settledBy, type FileRecord, type Item } from '@/rules/outbox'
import { useActing } from './acting'
import { useMe } from './me'
import { useSession } from './session'

const REFUSED_FOR_GOOD = new Set([400, 404, 409, 410, 413, 415, 422])

export const useOutbox = defineStore('outbox', () => {
  const session = useSession()
  const me = useMe()
  const acting = useActing()
  const all = ref<Item[]>([])
  const files = ref(new Map<string, FileRecord>())
  const hasSignal = ref(true)
  const isSending = ref(false)
  let opened: Promise<void> | null = null
  let failures = 0
  let sending: Promise<void> | null = null
  let timer: ReturnType<typeof setTimeout> | null = null

  const items = computed<Item[]>(() => all.value.filter((item) => item.owner === me.owner).sort((a, b) => b.madeAt - a.madeAt))
  const unsent = computed<Item[]>(() => items.value.filter((item) => item.state === 'queued' || item.state === 'waiting'))
  /** Something of mine is still in this phone alone: words, or a file that belongs to words which went ahead. */
  const inPhone = computed<Item[]>(() => items.value.filter((item) => item.state === 'queued' || item.state === 'waiting' || item.files.some((id) => files.value.get(id)?.state === 'queued')))
  const clashes = computed<Item[]>(() => items.value.filter((item) => item.state === 'conflict'))

  /** Take out what was kept before the app was closed. */
  function open(): Promise<void> {
    return (opened ??= (async () => {
      const [kept, known] = await Promise.all([shelf.all<Item>('items'), shelf.all<FileRecord>('files')])
      for (const item of kept.filter((one) => isForgotten(one, now()))) await shelf.drop('items', item.id)
      all.value = kept.filter((one) => !isForgotten(one, now()))
      files.value = new Map(known.map((file) => [file.id, file]))
    })())
  }

  async function put(item: Item): Promise<void> {
    await shelf.put('items', item.id, { ...item, body: JSON.parse(JSON.stringify(item.body)), files: [...item.files] })
    all.value = [...all.value.filter((one) => one.id !== item.id), item]
  }

  async function putFile(file: FileRecord): Promise<void> {
    await shelf.put('files', file.id, { ...file })
    files.value = new Map(files.value).set(file.id, file)
  }

  /** Keep a picture or a recording; it waits as a draft until an item carries it. */
  async function addFile(bytes: Bytes, kind: FileKind, seconds?: number): Promise<string> {
    const id = newId(now())
    await shelf.put('bytes', id, bytes)
    await putFile({ id, owner: me.owner, state: 'draft', kind, seconds })
    return id
  }

  const addPicture = (bytes: Bytes) => addFile(bytes, 'picture')

  async function removeFile(id: string): Promise<void> {
    await dropFile(id)
    await shelf.drop('files', id)
    files.value.delete(id)
  }

  /** Keep an item; when this returns it survives whatever happens to the app. */
  async function add(item: Omit<Item, 'owner' | 'state' | 'madeAt'>): Promise<void> {
    const actsFor = KINDS_FOR_OTHERS.has(item.kind) ? acting.left?.for_person_id : undefined
    const whose = actsFor ? { actsFor } : {}
    for (const id of item.files) await putFile({ ...files.value.get(id), ...whose, id, owner: me.owner, state: 'queued' })
    await put({ ...item, ...whose, owner: me.owner, state: 'queued', madeAt: now() })
    failures = 0
    void send()
  }

  /** Until what is being sent has been answered, or could not be. */
  async function settle(): Promise<void> {
    if (sending) await sending
    else await send()
  }

  /** Send what waits: words first, then pictures and recordings, one at a time; again after a pause when it fails. */
  function send(): Promise<void> {
    return (sending ??= sendAll().finally(() => { sending = null }))
  }

  async function sendAll(): Promise<void> {
    await open()
    if (isSending.value || !session.token || !me.owner) return
    isSending.value = true
    if (timer) clearTimeout(timer)
    timer = null
    try {
      while (await sendBatch());
      while (await sendNextFile()) while (await sendBatch());
      failures = 0
      hasSignal.value = true
    } catch (failure) {
      if (failure instanceof NoSignal) hasSignal.value = false
      failures += 1
    } finally {
      isSending.value = false
    }
    if (isWaiting()) timer = setTimeout(() => void send(), pause(Math.max(1, failures))) // it failed, or was written down while this was at its end
  }

  /** One file at a time, so that words which wait for nothing more go out in between. */
  async function sendNextFile(): Promise<boolean> {
    const file = [...files.value.values()].find((one) => one.state === 'queued' && one.owner === me.owner)
    if (!file) return false
    const heard = (sent: number, size: number) => putFile({ ...file, sent, size })
    const answer = await sendFile({ id: file.id, kind: file.kind ?? 'picture', token: session.token ?? '', actsFor: file.actsFor, isBegun: file.sent !== undefined, heard }).catch(() => {
      throw new NoSignal()
    })
    const isRefused = REFUSED_FOR_GOOD.has(answer.status)
    if (answer.status >= 300 && !isRefused) throw new Refused(answer.status, '', answer.says ?? '')
    await putFile({ ...file, state: isRefused ? 'refused' : 'received', says: answer.says })
    if (!isRefused) await dropFile(file.id)
    return true
  }

  function isWaiting(): boolean {
    return unsent.value.some((item) => item.state === 'queued') || [...files.value.values()].some((file) => file.state === 'queued' && file.owner === me.owner)
  }

  async function sendBatch(): Promise<boolean> {
    const batch = nextBatch(items.value.map((item) => ({ ...item })), files.value)
    if (!batch.length) return false
    const answer = await call<Schema<'SyncShape'>>('POST', 'sync', { items: batch.map((item) => asSent(item, files.value)) })
    for (const receipt of [...answer.receipts, ...answer.settled]) {
      const item = all.value.find((one) => one.id === receipt.id)
      if (item) await put(settledBy(item, receipt, now()))
    }
    return true
  }

  /** Take a refused item off the list; only the person does that, never the app. */
  async function discard(id: string): Promise<void> {
    const item = all.value.find((one) => one.id === id)
    for (const file of item?.files ?? []) await removeFile(file)
    await shelf.drop('items', id)
    all.value = all.value.filter((one) => one.id !== id)
  }

  /** Watch the signal and the app: whenever it comes back, what waits is sent. */
  function watch(): void {
    void open().then(() => send())
    uni.getNetworkType({ success: (net) => { hasSignal.value = net.networkType !== 'none' } })
    uni.onNetworkStatusChange((net) => {
      hasSignal.value = net.isConnected
      if (net.isConnected) {
        failures = 0
        void send()
      }
    })
  }

  return { items, unsent, inPhone, clashes, files, hasSignal, isSending, open, add, addFile, addPicture, removeFile, send, settle, discard, watch }
})
